import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FeedSubscription } from '../../../../src/feed/delivery/feed-request.ts';
import type { FrameFormat } from '../../../../src/feed/delivery/frame-format.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { FakeSink } from './fake-sink.ts';
import { feedSetup, LineFormat, settle } from './feed-setup.ts';

const heads = (count: number): readonly string[] => Array.from({ length: count }, () => 'a.heads');
const offsets = (sink: FakeSink): readonly number[] =>
  sink.lines.map(line => Number(/^e1:(\d+) /.exec(line)?.[1]));
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const namedFormat = (name: string): FrameFormat => ({
  key: name,
  event: (_event, cursor) => Buffer.from(`${name} ${cursor}\n`),
  gap: ({ reason }) => Buffer.from(`${name} gap ${reason}\n`),
});

describe('catching up', () => {
  it('reads history in pages and joins live without a seam, while events keep coming', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10 });
    source.memory = 20;
    source.commit(...heads(100));
    const sink = new FakeSink();
    const subscription = await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink);
    subscription.begin();
    for (let turn = 0; turn < 60; turn++) {
      source.commit('a.heads', 'b.heads');
      await settle(1);
    }
    await settle();
    const wanted = source.events.filter(({ topic }) => topic === 'a.heads').map(({ offset }) => offset);
    assert.deepEqual(offsets(sink), wanted);
    assert.equal(feed.stats().live, 1);
    assert.equal(feed.stats().maxLag, 0);
    assert.equal(subscription.cursor, feed.cursor);
  });

  it('gives each subscription exactly its events, once and in order, whatever comes, stalls and drains', async () => {
    const op = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 12 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constantFrom('stall' as const, 'drain' as const), sink: fc.nat(2) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('subscribe' as const),
          sink: fc.nat(2),
          back: fc.nat(30),
          pattern: fc.constantFrom('a.heads', '*.heads', 'a.>', 'b.logs.>'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
    );
    const topics = ['a.heads', 'b.heads', 'a.pending', 'b.logs.0x1.0x2', 'a.reorgs'];
    const wantedBy: Record<string, readonly string[]> = {
      'a.heads': ['a.heads', 'a.reorgs'],
      '*.heads': ['a.heads', 'b.heads', 'a.reorgs'],
      'a.>': ['a.heads', 'a.pending', 'a.reorgs'],
      'b.logs.>': ['b.logs.0x1.0x2'],
    };
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 120, size: 'max' }), async ops => {
        const { source, feed, demands, request } = feedSetup({
          pageEvents: 4,
          maxBufferedBytes: 64,
          maxReads: 2,
        });
        for (const demand of demands.values()) demand.since = 0;
        source.memory = 9;
        const sinks = [new FakeSink(), new FakeSink(), new FakeSink()];
        const held: {
          subscription: FeedSubscription;
          sink: number;
          name: string;
          pattern: string;
          start: number;
        }[] = [];
        let waiting: FeedSubscription[] = [];
        for (const one of ops) {
          if (one.do === 'commit') {
            source.commit(...range(1, one.count).map(i => topics[(source.head + i * 7) % topics.length]!));
          } else if (one.do === 'turn') await settle(1);
          else if (one.do === 'stall') sinks[one.sink]!.isStalled = true;
          else if (one.do === 'drain') sinks[one.sink]!.drain();
          else if (one.do === 'subscribe') {
            const { sink, pattern } = one;
            const start = Math.max(0, source.head - one.back);
            // Those of the same number and pattern on several connections share their frames.
            const name = `${held.filter(other => other.sink === sink).length}/${pattern}`;
            const from = { kind: 'cursor', cursor: `e1:${start}` } as const;
            const subscription = await feed.subscribe(
              request([pattern], { from, format: namedFormat(name) }),
              sinks[sink]!,
            );
            held.push({ subscription, sink, name, pattern, start });
            waiting.push(subscription);
          } else if (one.do === 'begin') {
            for (const subscription of waiting) subscription.begin();
            waiting = [];
          } else {
            source.isHeld = !source.isHeld;
            for (const { go } of source.held.splice(0)) go();
          }
        }
        for (const subscription of waiting) subscription.begin();
        source.isHeld = false;
        for (const { go } of source.held.splice(0)) go();
        for (let turn = 0; turn < 500 && feed.stats().catchingUp > 0; turn++) {
          for (const sink of sinks) sink.drain();
          await settle(1);
        }
        await settle();
        for (const { subscription, sink, name, pattern, start } of held) {
          const got = sinks[sink]!.lines.filter(line => line.startsWith(`${name} `));
          const wanted = source.events
            .filter(event => event.offset > start && wantedBy[pattern]!.includes(event.topic))
            .map(({ offset }) => `${name} e1:${offset}`);
          assert.deepEqual(got, wanted);
          assert.equal(subscription.cursor, feed.cursor);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('lets a client that stops reading fall back alone, with bounded memory, and join again (row 19)', async () => {
    const maxBufferedBytes = 1_000;
    const { source, feed, request } = feedSetup({ maxBufferedBytes, pageEvents: 10 });
    source.memory = 5;
    const stuck = new FakeSink();
    const others = Array.from({ length: 10 }, () => new FakeSink());
    for (const sink of [stuck, ...others]) (await feed.subscribe(request(['a.heads']), sink)).begin();
    stuck.isStalled = true;
    for (let tick = 0; tick < 500; tick++) {
      source.commit(...heads(4));
      await settle(1);
      // Each of the others has everything at the end of each tick.
      for (const { writes } of others) assert.equal(writes.length, tick + 1);
    }
    assert.ok(stuck.mostBuffered <= maxBufferedBytes + 4 * 16, `${stuck.mostBuffered} bytes`);
    const { live, catchingUp, slow, maxLag } = feed.stats();
    assert.deepEqual({ live, catchingUp, slow }, { live: 10, catchingUp: 1, slow: 1 });
    assert.ok(maxLag > 1_800);
    stuck.drain();
    for (let turn = 0; turn < 1_000 && feed.stats().catchingUp > 0; turn++) await settle(1);
    source.commit('a.heads');
    await settle();
    assert.deepEqual(offsets(stuck), range(1, 2_001));
    assert.equal(feed.stats().live, 11);
  });

  it('never has more at a client that reads slowly than its bound and one page', async () => {
    const { source, feed, request } = feedSetup({ maxBufferedBytes: 400, pageEvents: 10 });
    source.commit(...heads(300));
    const sink = new FakeSink();
    sink.isStalled = true;
    (await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink)).begin();
    for (let turn = 0; turn < 1_000 && feed.stats().live === 0; turn++) {
      await settle(1);
      sink.drain();
      sink.isStalled = true;
    }
    assert.deepEqual(offsets(sink), range(1, 300));
    assert.ok(sink.mostBuffered <= 200 + 10 * 14, `${sink.mostBuffered} bytes`);
  });

  it('drops the oldest for those who asked for it, says so, and keeps within a bound of the head', async () => {
    const { source, feed, request } = feedSetup({ maxBufferedBytes: 50, keepEvents: 20, pageEvents: 8 });
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.heads'], { strategy: 'drop_oldest' }), sink)).begin();
    sink.isStalled = true;
    for (let tick = 0; tick < 10; tick++) {
      source.commit(...heads(10));
      await settle(1);
    }
    sink.drain();
    await settle(20);
    const gapAt = sink.lines.findIndex(line => line.startsWith('gap'));
    assert.equal(sink.lines[gapAt], 'gap slow e1:10 e1:80 at e1:80');
    assert.deepEqual(
      offsets(sink).filter(offset => !Number.isNaN(offset)),
      [...range(1, 10), ...range(81, 100)],
    );
    assert.equal(feed.stats().dropped, 70);
    assert.equal(feed.stats().live, 1);
  });

  it('lets a subscription with drop_oldest have its history: it drops only when it was live', async () => {
    const { source, feed, request } = feedSetup({ keepEvents: 5, pageEvents: 10 });
    source.commit(...heads(100));
    const sink = new FakeSink();
    const from = { kind: 'earliest' } as const;
    (await feed.subscribe(request(['a.heads'], { strategy: 'drop_oldest', from }), sink)).begin();
    await settle(20);
    assert.deepEqual(offsets(sink), range(1, 100));
  });

  it('ends the connection of a slow client that asked for it, with the cursor to go on from', async () => {
    const { source, feed, request } = feedSetup({ maxBufferedBytes: 50 });
    const sink = new FakeSink();
    const subscription = await feed.subscribe(request(['a.heads'], { strategy: 'disconnect' }), sink);
    subscription.begin();
    source.commit('a.heads');
    await settle();
    sink.isStalled = true;
    source.commit(...heads(10));
    await settle();
    source.commit(...heads(10));
    await settle();
    assert.equal(sink.closedAt, 'e1:11');
    assert.deepEqual(offsets(sink), range(1, 11));
    assert.equal(feed.stats().disconnects, 1);
    assert.equal(feed.stats().live + feed.stats().catchingUp, 0);
  });

  it('announces what expired while the client was slow, and goes on with the earliest', async () => {
    const { source, feed, request } = feedSetup({ maxBufferedBytes: 50, pageEvents: 10 });
    source.memory = 10;
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.heads']), sink)).begin();
    sink.isStalled = true;
    source.commit(...heads(10));
    await settle();
    source.commit(...heads(90));
    source.expire(51);
    sink.drain();
    await settle(30);
    assert.equal(sink.lines[10], 'gap expired e1:10 e1:50 at e1:50');
    assert.deepEqual(offsets(sink).slice(11), range(51, 100));
    assert.equal(feed.stats().live, 1);
  });

  it('announces what expired while its page was being read', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10 });
    source.memory = 10;
    source.commit(...heads(50));
    source.isHeld = true;
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink)).begin();
    await settle();
    source.expire(31);
    source.isHeld = false;
    for (const { go } of source.held.splice(0)) go();
    await settle(20);
    assert.equal(sink.lines[0], 'gap expired e1:0 e1:30 at e1:30');
    assert.deepEqual(offsets(sink).slice(1), range(31, 50));
  });

  it('tells a subscription whose format knows no gaps, and can be ended by it', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10 });
    source.commitEvents([
      { topic: 'a.heads', kind: eventKinds.head, data: '{}' },
      { topic: 'a.gaps', kind: eventKinds.gap, data: '{"reason":"outage","message":"an outage"}' },
      { topic: 'a.heads', kind: eventKinds.head, data: '{}' },
    ]);
    const sink = new FakeSink();
    const told: string[] = [];
    const subscription: FeedSubscription = await feed.subscribe(
      request(['a.heads'], {
        from: { kind: 'earliest' },
        format: new LineFormat('eth', false),
        onUnsaidGap: ({ message }) => {
          told.push(message);
          subscription.end();
        },
      }),
      sink,
    );
    subscription.begin();
    await settle();
    assert.deepEqual([told, offsets(sink), subscription.cursor], [['an outage'], [1], 'e1:2']);
  });

  it('bounds the reads of the store, and lets those wait in turn who come later', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10, maxReads: 3 });
    source.memory = 5;
    source.commit(...heads(200));
    const sinks = Array.from({ length: 20 }, () => new FakeSink());
    for (const [index, sink] of sinks.entries()) {
      (
        await feed.subscribe(request(['a.heads'], { from: { kind: 'cursor', cursor: `e1:${index}` } }), sink)
      ).begin();
    }
    for (let turn = 0; turn < 2_000 && feed.stats().live < 20; turn++) await settle(1);
    assert.equal(source.mostReads, 3);
    for (const [index, sink] of sinks.entries()) assert.deepEqual(offsets(sink), range(index + 1, 200));
    assert.equal(feed.stats().reading, 0);
  });

  it('reads a page once for clients that come back together, and builds its frames once', async () => {
    const { source, feed, format, request } = feedSetup({ pageEvents: 50 });
    source.memory = 5;
    source.commit(...heads(100));
    const sinks = Array.from({ length: 50 }, () => new FakeSink());
    for (const sink of sinks) {
      (await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink)).begin();
    }
    for (let turn = 0; turn < 500 && feed.stats().live < 50; turn++) await settle(1);
    for (const sink of sinks) assert.deepEqual(offsets(sink), range(1, 100));
    assert.equal(source.reads, 2);
    assert.equal(format.built, 100);
  });

  it('waits longer and longer while the store cannot be read, and then goes on', async () => {
    const { source, feed, clock, request } = feedSetup({ pageEvents: 10 });
    source.memory = 5;
    source.commit(...heads(30));
    source.isHeld = true;
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink)).begin();
    for (const delayMs of [100, 200, 400]) {
      await settle();
      for (const { fail } of source.held.splice(0)) fail(new Error('the storage thread died'));
      await settle();
      assert.equal(source.held.length, 0);
      clock.advance(delayMs - 1);
      await settle();
      assert.equal(source.held.length, 0);
      clock.advance(1);
      await settle();
      assert.equal(source.held.length, 1);
    }
    source.isHeld = false;
    for (const { go } of source.held.splice(0)) go();
    await settle(20);
    assert.deepEqual(offsets(sink), range(1, 30));
  });

  it('goes on for those near the head while the store cannot be read', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10 });
    source.memory = 40;
    source.commit(...heads(100));
    source.isHeld = true;
    const [far, near] = [new FakeSink(), new FakeSink()];
    (await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), far)).begin();
    await settle();
    for (const { fail } of source.held.splice(0)) fail(new Error('the storage thread died'));
    const from = { kind: 'cursor', cursor: 'e1:65' } as const;
    (await feed.subscribe(request(['a.heads'], { from }), near)).begin();
    await settle(20);
    assert.deepEqual([offsets(near), offsets(far)], [range(66, 100), []]);
  });

  it('does nothing more for a subscription that ended while its page was read', async () => {
    const { source, feed, request } = feedSetup({ pageEvents: 10 });
    source.memory = 5;
    source.commit(...heads(30));
    source.isHeld = true;
    const sink = new FakeSink();
    const subscription = await feed.subscribe(request(['a.heads'], { from: { kind: 'earliest' } }), sink);
    subscription.begin();
    await settle();
    subscription.end();
    for (const { go } of source.held.splice(0)) go();
    await settle();
    assert.deepEqual([sink.writes.length, feed.stats().catchingUp, feed.stats().groups], [0, 0, 0]);
  });
});
