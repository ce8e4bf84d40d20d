import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChannelCall } from '../../../../src/storage/channel/command-channel.ts';
import { type FrameEntry, readRequestFrame } from '../../../../src/storage/channel/frames.ts';
import { StorageError } from '../../../../src/storage/errors.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeThread, replyFrame } from './fake-thread.ts';

const entry = (count = 1, bytes = 16): FrameEntry => ({
  store: 1,
  isAtomic: true,
  access: 'write',
  protocol: 2,
  count,
  commands: Buffer.alloc(bytes, count),
});

class Call implements ChannelCall {
  readonly replies: string[] = [];
  readonly losses: { code: string; wasSent: boolean }[] = [];

  onReply(reply: Buffer): void {
    this.replies.push(reply.toString());
  }

  onLost(error: StorageError, wasSent: boolean): void {
    this.losses.push({ code: error.code, wasSent });
  }
}

const settle = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)));

describe('StorageChannel', () => {
  test('sends the entries of one tick in one frame, in order', async () => {
    const thread = new FakeThread(new ManualClock());
    thread.channel.send(entry(1), new Call());
    await Promise.resolve();
    thread.channel.send(entry(2), new Call());
    assert.equal(thread.frames.length, 0);
    await settle();
    assert.deepEqual(
      thread.frames.map(frame => frame.map(({ count }) => count)),
      [[1, 2]],
    );
    const [first] = thread.frames[0]!;
    assert.deepEqual([first!.store, first!.isAtomic, first!.isWrite, first!.protocol], [1, true, true, 2]);
  });

  test('sends a frame at once where it holds as many commands as it may', () => {
    const thread = new FakeThread(new ManualClock(), {
      batch: { flush: 'tick', maxCommands: 3, maxDelayMs: 0 },
    });
    thread.channel.send(entry(2), new Call());
    assert.equal(thread.frames.length, 0);
    thread.channel.send(entry(1), new Call());
    assert.equal(thread.frames.length, 1);
  });

  test('waits for more as long as it was told', async () => {
    const clock = new ManualClock();
    const thread = new FakeThread(clock, { batch: { flush: 'tick', maxCommands: 100, maxDelayMs: 5 } });
    thread.channel.send(entry(), new Call());
    await settle();
    clock.advance(4);
    assert.equal(thread.frames.length, 0);
    clock.advance(1);
    assert.equal(thread.frames.length, 1);
    thread.channel.send(entry(), new Call());
    clock.advance(5);
    assert.equal(thread.frames.length, 2);
  });

  test('a tick flush shares a frame between callbacks of a turn, a microtask flush gives each its own', async () => {
    const framesOf = async (flush: 'tick' | 'microtask') => {
      const thread = new FakeThread(new ManualClock(), {
        batch: { flush, maxCommands: 100, maxDelayMs: 0 },
      });
      const callbacks = Array.from(
        { length: 8 },
        () =>
          new Promise<void>(resolve =>
            setImmediate(() => {
              thread.channel.send(entry(), new Call());
              resolve();
            }),
          ),
      );
      await Promise.all(callbacks);
      await settle();
      return thread.frames.length;
    };
    assert.equal(await framesOf('tick'), 1);
    assert.equal(await framesOf('microtask'), 8);
  });

  test('hands each reply to its call and gives the room back', () => {
    const thread = new FakeThread(new ManualClock());
    const calls = [new Call(), new Call()];
    thread.channel.send(entry(1), calls[0]!);
    thread.channel.send(entry(2), calls[1]!);
    assert.equal(thread.channel.pending, 3);
    thread.answer();
    assert.deepEqual(
      calls.map(call => call.replies),
      [['+OK\r\n'], ['+OK\r\n+OK\r\n']],
    );
    assert.equal(thread.channel.pending, 0);
  });

  test('has room up to the window, and never for more than the capacity', () => {
    const thread = new FakeThread(new ManualClock());
    thread.channel.send(entry(7), new Call());
    assert.equal(thread.channel.hasRoom(3, 1), true);
    assert.equal(thread.channel.hasRoom(4, 1), false);
    thread.channel.send(entry(1), new Call());
    assert.equal(thread.channel.hasRoom(1, 1), false);
  });

  test('bounds the bytes that are pending, but lets a large entry go alone', () => {
    const thread = new FakeThread(new ManualClock(), { maxPendingBytes: 100 });
    assert.equal(thread.channel.hasRoom(1, 1000), true);
    thread.channel.send(entry(1, 60), new Call());
    assert.equal(thread.channel.hasRoom(1, 40), true);
    assert.equal(thread.channel.hasRoom(1, 41), false);
    thread.answer();
    assert.equal(thread.channel.hasRoom(1, 1000), true);
  });

  test('drops the reply to an entry that was given up, and frees its slot only then', () => {
    const thread = new FakeThread(new ManualClock(), { capacity: 2, window: 2 });
    const late = new Call();
    const id = thread.channel.send(entry(), late);
    thread.channel.flush();
    thread.channel.abandon(id);
    assert.equal(thread.channel.pending, 1);
    const other = new Call();
    assert.notEqual(thread.channel.send(entry(), other), id);
    assert.equal(thread.channel.hasRoom(1, 1), false);
    thread.answer(1);
    assert.deepEqual([late.replies, other.replies], [[], []]);
    assert.equal(thread.channel.hasRoom(1, 1), true);
    thread.answer(1);
    assert.deepEqual([late.replies, other.replies], [[], ['+OK\r\n']]);
    assert.equal(thread.channel.statistics.lateReplies, 1);
    assert.equal(thread.channel.statistics.timeouts, 1);
  });

  test('tells when replies made room, once per frame', () => {
    const thread = new FakeThread(new ManualClock());
    let told = 0;
    thread.channel.onRoom = () => told++;
    for (let i = 0; i < 3; i++) thread.channel.send(entry(), new Call());
    thread.answer();
    assert.equal(told, 1);
  });

  test('counts what it sent and received and how long replies took', () => {
    const clock = new ManualClock();
    const thread = new FakeThread(clock);
    thread.channel.send(entry(2), new Call());
    thread.channel.flush();
    clock.advance(4);
    thread.channel.send(entry(1), new Call());
    thread.channel.flush();
    clock.advance(2);
    thread.answer();
    const { sent, received } = thread.channel.statistics;
    assert.deepEqual({ sent, received, mean: thread.channel.meanReplyMs }, { sent: 3, received: 3, mean: 4 });
  });

  test('hands back what waits when it fails, and says what was not sent', () => {
    const thread = new FakeThread(new ManualClock());
    const [sent, unsent] = [new Call(), new Call()];
    thread.channel.send(entry(), sent);
    thread.channel.flush();
    thread.channel.send(entry(), unsent);
    thread.channel.fail(new StorageError('storage_unavailable'));
    assert.deepEqual(sent.losses, [{ code: 'storage_unavailable', wasSent: true }]);
    assert.deepEqual(unsent.losses, [{ code: 'storage_unavailable', wasSent: false }]);
    assert.equal(thread.channel.pending, 0);
    assert.throws(() => thread.channel.send(entry(), new Call()), TypeError);
  });

  test('hands back a frame that cannot be posted, later', async () => {
    const thread = new FakeThread(new ManualClock(), {
      batch: { flush: 'tick', maxCommands: 1, maxDelayMs: 0 },
    });
    const call = new Call();
    thread.refusal = new Error('closed');
    thread.channel.send(entry(), call);
    assert.deepEqual(call.losses, []);
    await settle();
    assert.deepEqual(call.losses, [{ code: 'storage_unavailable', wasSent: false }]);
    assert.equal(thread.channel.statistics.sendFailures, 1);
    assert.equal(thread.channel.pending, 0);
  });

  test('a call that throws does not keep the other replies of the frame', () => {
    const thread = new FakeThread(new ManualClock());
    const good = new Call();
    const bad: ChannelCall = {
      onReply: () => {
        throw new Error('bug');
      },
      onLost: () => {},
    };
    thread.channel.send(entry(), bad);
    thread.channel.send(entry(), good);
    thread.answer();
    assert.deepEqual(good.replies, ['+OK\r\n']);
  });

  test('ignores replies to ids that nobody has', () => {
    const thread = new FakeThread(new ManualClock());
    thread.say(
      replyFrame([
        { id: 3, count: 1 },
        { id: 4_000_000, count: 1 },
      ]),
    );
    assert.equal(thread.channel.pending, 0);
    assert.equal(thread.channel.statistics.received, 0);
  });

  test('sends control messages behind the commands before them and hears the answers', () => {
    const thread = new FakeThread(new ManualClock());
    const heard: string[] = [];
    thread.channel.onControl = message => heard.push(message.type);
    thread.channel.send(entry(), new Call());
    thread.channel.ping(7);
    assert.equal(thread.frames.length, 1);
    thread.channel.close();
    assert.deepEqual(thread.controls, [{ type: 'ping', sequence: 7 }, { type: 'close' }]);
    thread.say({ type: 'closed' });
    assert.deepEqual(heard, ['closed']);
  });

  test('writes only the entries of this frame', () => {
    const thread = new FakeThread(new ManualClock(), { capacity: 100, window: 100 });
    for (let i = 0; i < 5; i++) thread.channel.send(entry(), new Call());
    thread.answer();
    thread.channel.send(entry(3), new Call());
    thread.channel.flush();
    assert.equal(thread.frames[1]!.length, 1);
    assert.equal(thread.frames[1]![0]!.count, 3);
    assert.ok(readRequestFrame(Buffer.alloc(0)).length === 0);
  });
});
