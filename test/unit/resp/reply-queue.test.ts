import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ReplyQueue, type ReplySlot } from '../../../src/resp/reply-queue.ts';

const sent = (queue: ReplyQueue): string => Buffer.concat(queue.take()).toString();
const slot = (): ReplySlot => ({ reply: undefined });

describe('ReplyQueue', () => {
  it('has what is written without waiting ready at once', () => {
    const queue = new ReplyQueue();
    assert.equal(queue.isReady, false);
    queue.writer(2).simple('OK');
    assert.equal(queue.isReady, true);
    assert.equal(sent(queue), '+OK\r\n');
    assert.equal(queue.isReady, false);
  });

  it('holds back what is written behind a place that is kept', () => {
    const queue = new ReplyQueue();
    const first = slot();
    const second = slot();
    queue.keep(first);
    queue.writer(2).simple('a');
    queue.keep(second);
    queue.writer(2).simple('b');
    queue.fill(second, Buffer.from(':2\r\n'));
    assert.equal(queue.isReady, false);
    assert.equal(queue.byteLength, 12);
    queue.fill(first, Buffer.from(':1\r\n'));
    assert.equal(queue.isWaiting, false);
    assert.equal(queue.byteLength, 16);
    assert.equal(sent(queue), ':1\r\n+a\r\n:2\r\n+b\r\n');
    assert.equal(queue.byteLength, 0);
  });

  it('hands a large reply on without copying it, and copies a part of a larger frame', () => {
    const queue = new ReplyQueue();
    const large = Buffer.alloc(100_000, 'x');
    const whole = slot();
    queue.writer(2).simple('before');
    queue.keep(whole);
    queue.fill(whole, large);
    queue.writer(2).simple('behind');
    const chunks = queue.take();
    assert.equal(chunks.length, 3);
    assert.equal(chunks[1], large);
    const part = slot();
    queue.keep(part);
    queue.fill(part, large.subarray(0, 20_000));
    assert.notEqual(queue.take()[0]!.buffer, large.buffer);
  });

  it('gives the replies in the order of the commands, whatever order they arrive in', () => {
    const step = fc.oneof(
      fc.constant('keep' as const),
      fc.constant('write' as const),
      fc.constant('take' as const),
      fc.nat({ max: 20 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const queue = new ReplyQueue();
        const open: { place: ReplySlot; text: string }[] = [];
        let next = 0;
        let received = '';
        let expected = '';
        const fill = (index: number) => {
          const [chosen] = open.splice(index, 1);
          if (chosen !== undefined) queue.fill(chosen.place, Buffer.from(chosen.text));
        };
        for (const one of steps) {
          if (one === 'take') received += sent(queue);
          else if (typeof one === 'number') fill(one % Math.max(1, open.length));
          else {
            const text = `+${next++}\r\n`;
            expected += text;
            if (one === 'write') queue.writer(2).simple(text.slice(1, -2));
            else {
              const place = slot();
              queue.keep(place);
              open.push({ place, text });
            }
          }
        }
        while (open.length > 0) fill(open.length - 1);
        received += sent(queue);
        assert.equal(received, expected);
        assert.equal(queue.byteLength, 0);
      }),
      { numRuns: 500 },
    );
  });
});
