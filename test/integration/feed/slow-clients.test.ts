import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { FeedSink } from '../../../src/feed/delivery/feed-sink.ts';
import { eventKinds } from '../../../src/feed/events/feed-event.ts';
import { eventually } from '../../support/eventually.ts';
import { FeedClient } from './feed-client.ts';
import { chainName, type ServedFeed, startServedFeed } from './served-feed.ts';
import { SseClient } from './sse-client.ts';

const topics = [`${chainName}.heads`];
const maxBufferedBytes = 256 * 1024;
const options = {
  feed: { maxBufferedBytes, pageBytes: 64 * 1024, keepEvents: 5 },
  log: { memoryBytes: 2 ** 20, retentionBytes: 512 * 2 ** 20, maxBacklogBytes: 2 ** 27 },
};
const filler = 'x'.repeat(20_000);

/** Appends events of 20 KB with consecutive numbers. */
async function flood({ append }: ServedFeed, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) {
    await append({
      kind: eventKinds.head,
      chain: chainName,
      topic: `${chainName}.heads`,
      data: Buffer.from(`{"n":${number},"filler":"${filler}"}`),
    });
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('clients of /feed that read too slowly', () => {
  it('get everything from the log at their own pace, while the others get it live [fault 19]', async t => {
    const served = await startServedFeed(t, options);
    const slow = await FeedClient.open(t, served.wsUrl);
    const fast = await FeedClient.open(t, served.wsUrl);
    await slow.subscribe({ topics });
    await fast.subscribe({ topics });
    const stream = new SseClient(t, `${served.url}/feed?topics=${topics[0]}`);
    await eventually(() => stream.lastEventId !== '', 'open');
    slow.socket.pause();
    stream.response!.pause();
    await flood(served, 1, 1_000);
    await eventually(() => fast.events.length === 1_000, 'the fast one has all');
    assert.ok(slow.events.length < 1_000);
    assert.ok(stream.events.length < 1_000);
    assert.equal(served.feed.stats().live, 1);
    slow.socket.resume();
    stream.response!.resume();
    await eventually(
      () => slow.events.length === 1_000 && stream.events.length === 1_000,
      'caught up',
      20_000,
    );
    await flood(served, 1_001, 1_010);
    await eventually(() => slow.events.length === 1_010 && stream.events.length === 1_010, 'live again');
    assert.deepEqual(slow.numbers, upTo(1_010));
    assert.deepEqual(stream.numbers, upTo(1_010));
    await eventually(() => served.feed.stats().live === 3, 'three live');
  });

  it('are told what was dropped, when they asked for the newest', async t => {
    const served = await startServedFeed(t, options);
    const slow = await FeedClient.open(t, served.wsUrl);
    await slow.subscribe({ topics, strategy: 'drop_oldest' });
    slow.socket.pause();
    await flood(served, 1, 1_000);
    slow.socket.resume();
    await eventually(() => slow.numbers.at(-1) === 1_000, 'the last one');
    const gaps = slow.events.filter(({ method }) => method === 'feed_gap');
    assert.ok(gaps.length >= 1);
    const offsets = slow.events.map(({ params }) => Number(params.cursor.split(':')[1]));
    let last = 0;
    for (const [index, message] of slow.events.entries()) {
      if (message.method === 'feed_gap') {
        assert.equal(message.params.data.reason, 'slow');
        assert.equal(message.params.data.from, served.cursor(last));
        assert.equal(message.params.data.to, served.cursor(offsets[index]!));
      } else assert.equal(offsets[index], last + 1, 'nothing is missing but what a gap says');
      last = offsets[index]!;
    }
  });

  it('are disconnected with the cursor to go on from, when they asked for that', async t => {
    const served = await startServedFeed(t, options);
    const slow = await FeedClient.open(t, served.wsUrl);
    await slow.subscribe({ topics, strategy: 'disconnect' });
    slow.socket.pause();
    await flood(served, 1, 1_000);
    slow.socket.resume();
    const { code, reason } = await slow.end();
    assert.equal(code, 1013);
    assert.equal(slow.events.at(-1)!.method, 'feed_closing');
    const { cursor } = slow.events.at(-2)!.params;
    assert.equal(reason, `too slow; resume from ${cursor}`);
    const again = await FeedClient.open(t, served.wsUrl);
    await again.subscribe({ topics, from: cursor });
    await eventually(() => again.numbers.at(-1) === 1_000, 'the rest');
    assert.deepEqual([...slow.numbers, ...again.numbers], upTo(1_000));
    const stream = new SseClient(t, `${served.url}/feed?topics=${topics[0]}&strategy=disconnect`);
    await eventually(() => stream.lastEventId !== '', 'open');
    stream.response!.pause();
    await flood(served, 1_001, 2_000);
    stream.response!.resume();
    await eventually(() => stream.isClosed, 'ended');
    assert.deepEqual([stream.isComplete, stream.events.at(-1)?.event], [true, 'closing']);
    assert.equal(stream.events.at(-1)!.data.cursor, stream.lastEventId);
  });

  it('cost no more memory than they may, though they never read', async t => {
    const sinks: FeedSink[] = [];
    const served = await startServedFeed(t, {
      ...options,
      service: service => ({
        ...service,
        feed: {
          reader: (selector, keepMs) => service.feed.reader(selector, keepMs),
          subscribe: (request, sink) => {
            sinks.push(sink);
            return service.feed.subscribe(request, sink);
          },
        },
      }),
    });
    const silent = connect(served.port, '127.0.0.1');
    t.after(() => silent.destroy());
    silent.write(`GET /feed?topics=${topics[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const client = await FeedClient.open(t, served.wsUrl);
    await client.subscribe({ topics });
    client.socket.pause();
    const reading = await FeedClient.open(t, served.wsUrl);
    await reading.subscribe({ topics });
    await eventually(() => served.feed.stats().live === 3, 'all live');
    let most = 0;
    for (let number = 1; number <= 2_000; number += 10) {
      await flood(served, number, number + 9);
      // The frames of one tick, which all clients share, come on top of the bound: no more than these ten.
      await eventually(() => reading.events.length === number + 9, 'the tick is over');
      for (const sink of sinks) most = Math.max(most, sink.bufferedBytes);
    }
    assert.equal(sinks.length, 3);
    assert.equal(served.feed.stats().live, 1);
    assert.ok(most > maxBufferedBytes, 'they were brought to their bound');
    assert.ok(most < 2 * maxBufferedBytes, `${most} bytes`);
  });
});
