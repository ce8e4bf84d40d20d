import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SubscriptionGap } from '../../../../src/feed/delivery/frame-format.ts';
import { eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { FeedFrames } from '../../../../src/gateway/feed/feed-frames.ts';
import { sseFrames } from '../../../../src/gateway/feed/sse-frames.ts';

function eventOf(data: Buffer, more: Partial<FeedEvent> = {}): FeedEvent {
  return {
    kind: eventKinds.head,
    chain: 'devnet',
    topic: 'devnet.heads',
    offset: 7,
    time: 1_789_000_000_000,
    data,
    ...more,
  };
}

const head = eventOf(Buffer.from('{"number":"0x1"}'));
const cursor = 'e1:7';

/** The payload of one whole text frame. */
function payloadOf(frame: Buffer): Buffer {
  assert.equal(frame[0], 0x81);
  const [start, length] =
    frame[1]! < 126
      ? [2, frame[1]!]
      : frame[1] === 126
        ? [4, frame.readUInt16BE(2)]
        : [10, Number(frame.readBigUInt64BE(2))];
  assert.equal(frame.length, start + length, 'exactly one frame');
  return frame.subarray(start);
}

describe('FeedFrames', () => {
  const format = new FeedFrames('abc');

  it('makes the notification that clients rely on', () => {
    assert.equal(
      payloadOf(format.event(head, cursor)).toString(),
      '{"jsonrpc":"2.0","method":"feed_event","params":{"subscription":"abc","cursor":"e1:7","topic":"devnet.heads","time":1789000000000,"data":{"number":"0x1"}}}',
    );
  });

  it('names reorgs and gaps by their methods', () => {
    const reorg = eventOf(Buffer.from('{"depth":1}'), { kind: eventKinds.reorg, topic: 'devnet.reorgs' });
    assert.match(
      payloadOf(format.event(reorg, cursor)).toString(),
      /^\{"jsonrpc":"2\.0","method":"feed_reorg".*"topic":"devnet\.reorgs".*"data":\{"depth":1\}\}\}$/,
    );
    const gap = eventOf(Buffer.from('{"reason":"outage"}'), { kind: eventKinds.gap, topic: 'devnet.gaps' });
    assert.equal(
      payloadOf(format.event(gap, cursor)).toString(),
      '{"jsonrpc":"2.0","method":"feed_gap","params":{"subscription":"abc","cursor":"e1:7","chain":"devnet","data":{"reason":"outage"}}}',
    );
  });

  it('tells a gap of the subscription as one of the chain', () => {
    const gap: SubscriptionGap = {
      reason: 'not_gathered',
      from: 'e1:1',
      to: 'e1:7',
      chain: 'devnet',
      message: 'm "q"',
    };
    assert.deepEqual(JSON.parse(payloadOf(format.gap(gap, cursor)).toString()), {
      jsonrpc: '2.0',
      method: 'feed_gap',
      params: {
        subscription: 'abc',
        cursor,
        chain: 'devnet',
        data: { reason: 'not_gathered', from: 'e1:1', to: 'e1:7', message: 'm "q"' },
      },
    });
    assert.equal(
      'chain' in JSON.parse(payloadOf(format.gap({ reason: 'slow', message: '' }, cursor)).toString()).params,
      false,
    );
  });

  it('passes on any data byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), bytes => {
        const payload = payloadOf(format.event(eventOf(Buffer.from(bytes)), cursor));
        const start = payload.indexOf('"data":') + '"data":'.length;
        assert.ok(payload.subarray(start, -2).equals(Buffer.from(bytes)));
      }),
      { numRuns: 100 },
    );
  });

  it('has a key of its own for each id, so that those of one id share frames', () => {
    assert.equal(new FeedFrames('abc').key, format.key);
    assert.notEqual(new FeedFrames('abd').key, format.key);
    assert.notEqual(sseFrames.key, format.key);
  });
});

describe('sseFrames', () => {
  it('has the cursor as the id and the parameters as the data', () => {
    assert.equal(
      sseFrames.event(head, cursor)!.toString(),
      'id: e1:7\ndata: {"cursor":"e1:7","topic":"devnet.heads","time":1789000000000,"data":{"number":"0x1"}}\n\n',
    );
    const reorg = eventOf(Buffer.from('{}'), { kind: eventKinds.reorg, topic: 'devnet.reorgs' });
    assert.match(sseFrames.event(reorg, cursor)!.toString(), /^id: e1:7\nevent: reorg\ndata: \{/);
    assert.equal(
      sseFrames.gap({ reason: 'slow', from: 'e1:1', to: 'e1:6', message: 'm' }, cursor)!.toString(),
      'id: e1:7\nevent: gap\ndata: {"cursor":"e1:7","data":{"reason":"slow","from":"e1:1","to":"e1:6","message":"m"}}\n\n',
    );
  });

  it('lets no line break of a provider’s JSON end the field, nor begin one', () => {
    const evil = Buffer.from('{\r\n  "a": 1,\n\nid: stolen:1\rdata: x\n}');
    const text = sseFrames.event(eventOf(evil), cursor)!.toString();
    assert.equal(text.split(/\r\n|\r|\n/).length, 4, 'id, data, an empty line and the end');
    const pretty = Buffer.from(JSON.stringify({ a: [1, { b: 'x\ny' }] }, undefined, 2));
    const before = Buffer.from(pretty);
    const data = sseFrames.event(eventOf(pretty), cursor)!.toString().split('\n')[1]!;
    assert.deepEqual(JSON.parse(data.slice('data: '.length)).data, { a: [1, { b: 'x\ny' }] });
    assert.ok(pretty.equals(before), 'the event of the log is left as it was');
  });

  it('has one message of any data', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const text = sseFrames.event(eventOf(Buffer.from(bytes)), cursor)!.toString('latin1');
        assert.match(text, /^id: e1:7\ndata: [^\r\n]*\n\n$/);
      }),
    );
  });
});
