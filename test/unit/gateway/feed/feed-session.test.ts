import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { ChainDirectory } from '../../../../src/gateway/chain-directory.ts';
import { FeedSession, type FeedSessionOptions } from '../../../../src/gateway/feed/feed-session.ts';
import { lowestCursor } from '../../../../src/gateway/feed/feed-subscriptions.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordedLog } from '../../providers/fixtures.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { FakeSocket } from '../socket/fake-socket.ts';
import { FakeFeed } from './fake-feed.ts';

const settle = () => new Promise(resolve => setImmediate(resolve));

function setUp(options: Partial<FeedSessionOptions> = {}) {
  const socket = new FakeSocket();
  const chains = new ChainDirectory();
  const { chain } = new FakeChain();
  chains.put(chain);
  const feed = new FakeFeed();
  const clock = new ManualClock();
  const log = new RecordedLog();
  const counts = { closed: 0, slow: 0, in: 0, out: 0 };
  const session = new FeedSession(
    socket.asWebSocket,
    new PassThrough(),
    { maxDepth: 64, maxBatch: 100, maxSubscriptions: 3, maxBufferedBytes: 1_000, ...options },
    {
      onClosed: () => counts.closed++,
      onSlowClient: () => counts.slow++,
      onMessage: direction => counts[direction]++,
    },
    { service: feed.service, chains, clock, log },
  );
  const topic = `${chain.name}.heads`;
  const subscribe = (id: number, more: Record<string, unknown> = {}) =>
    socket.receive({ jsonrpc: '2.0', id, method: 'feed_subscribe', params: { topics: [topic], ...more } });
  return { socket, chain, feed, clock, log, counts, session, subscribe, topic };
}

describe('FeedSession', () => {
  it('lets the first event out once the answer is on its way', async () => {
    const { socket, feed, subscribe, topic } = setUp();
    subscribe(1, { strategy: 'drop_oldest', gaps: 'announce', from: 'e1:4' });
    const { request } = feed.last;
    assert.deepEqual(
      [request.strategy, request.gaps, request.from, request.keepMs, request.selector.patterns],
      ['drop_oldest', 'announce', { kind: 'cursor', cursor: 'e1:4' }, 60_000, [topic]],
    );
    feed.last.accept();
    feed.last.begin = () => {
      feed.last.isBegun = true;
      assert.equal(socket.sent.length, 1);
    };
    await settle();
    assert.equal(feed.last.isBegun, true);
    assert.equal(socket.sent.length, 1);
  });

  it('subscribes over no more than it may, those that are still being made counted', async () => {
    const { socket, feed, subscribe } = setUp();
    for (const id of [1, 2, 3, 4]) subscribe(id);
    await settle();
    assert.equal(feed.asked.length, 3);
    assert.deepEqual(
      socket.messages.map(message => [message.id, message.error?.data?.code]),
      [[4, 'subscription_limit']],
    );
    feed.asked[0]!.refuse(Object.assign(new Error('a bug'), {}));
    await settle();
    assert.deepEqual(socket.closes, [{ code: 1011, reason: 'a bug in Trunkline; its log says more' }]);
  });

  it('gives equal ids to equal topics on all connections, so that frames are shared', async () => {
    const [first, second] = [setUp(), setUp()];
    for (const { subscribe } of [first, second]) {
      subscribe(1, { from: 'latest' });
      subscribe(2, { from: 'earliest' });
    }
    const keys = [...first.feed.asked, ...second.feed.asked].map(({ request }) => request.format.key);
    assert.equal(keys[0], keys[2]);
    assert.equal(keys[1], keys[3]);
    assert.notEqual(keys[0], keys[1]);
  });

  it('ends what is made after the client went', async () => {
    const { socket, feed, subscribe, counts } = setUp();
    subscribe(1);
    socket.terminate();
    feed.last.accept();
    await settle();
    assert.deepEqual([feed.last.isEnded, feed.last.isBegun, counts.closed], [true, false, 1]);
    assert.deepEqual(socket.sent, []);
  });

  it('drains: answers what it has read, says where each subscription goes on, then closes with 1001', async () => {
    const { socket, feed, session, subscribe } = setUp();
    subscribe(1);
    feed.last.accept();
    await settle();
    subscribe(2);
    session.drain();
    assert.deepEqual([socket.isPaused, socket.closes.length], [true, 0]);
    feed.asked[0]!.cursor = 'e1:90';
    feed.asked[1]!.cursor = 'e1:100';
    feed.asked[1]!.accept();
    await settle();
    const closing = JSON.parse(socket.sent.at(-1)!);
    assert.equal(closing.method, 'feed_closing');
    assert.deepEqual(Object.values(closing.params.subscriptions), ['e1:90', 'e1:100']);
    assert.deepEqual(socket.closes, [{ code: 1001, reason: 'shutting down; resume from e1:90' }]);
    assert.ok(feed.asked.every(({ isEnded }) => isEnded));
    session.drain();
    assert.equal(socket.closes.length, 1);
  });

  it('closes a client that is too slow with the cursor from which nothing of any subscription is missed, and cuts it off when it reads nothing', async () => {
    const { socket, feed, clock, counts, subscribe } = setUp();
    subscribe(1);
    subscribe(2);
    feed.asked[0]!.accept();
    feed.asked[1]!.accept();
    await settle();
    feed.asked[0]!.cursor = 'e1:17';
    feed.asked[1]!.cursor = 'e1:9';
    feed.last.sink.closeSlow('e1:17');
    assert.deepEqual(socket.closes, [{ code: 1013, reason: 'too slow; resume from e1:9' }]);
    assert.deepEqual([feed.asked.every(({ isEnded }) => isEnded), counts.slow], [true, 1]);
    clock.advance(5_000);
    assert.equal(socket.isTerminated, true);
  });

  it('reads no more while as many messages are being answered as may be', async () => {
    const { socket, feed, subscribe } = setUp({ maxInFlight: 2 });
    subscribe(1);
    assert.equal(socket.isPaused, false);
    subscribe(2);
    assert.equal(socket.isPaused, true);
    feed.asked[0]!.accept();
    await settle();
    assert.equal(socket.isPaused, false);
  });

  it('takes effect without an answer where a call has no id', async () => {
    const { socket, feed, topic } = setUp();
    socket.receive({ jsonrpc: '2.0', method: 'feed_subscribe', params: [{ topics: [topic] }] });
    feed.last.accept();
    await settle();
    assert.deepEqual([feed.last.isBegun, socket.sent.length], [true, 0]);
  });
});

describe('lowestCursor', () => {
  it('is the one from which no subscription misses anything', () => {
    assert.equal(lowestCursor(['e1:100', 'e1:9', 'e1:20']), 'e1:9');
    assert.equal(lowestCursor([]), undefined);
  });
});
