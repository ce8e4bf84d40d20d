import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer, CallHandler, GatewayCall } from '../../../../src/gateway/call.ts';
import type { CallPipeline } from '../../../../src/gateway/call-pipeline.ts';
import { SocketSession, type SocketSessionOptions } from '../../../../src/gateway/socket/socket-session.ts';
import { resultResponse } from '../../../../src/protocol/json-rpc/write.ts';
import { RecordedLog } from '../../providers/fixtures.ts';
import { FakeFeed, headEvent } from '../fake-feed.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { FakeHub, settle } from './fake-hub.ts';
import { FakeSocket } from './fake-socket.ts';

function setUp(options: Partial<SocketSessionOptions> = {}) {
  const fake = new FakeChain();
  const hub = new FakeHub().putInto(fake.chain);
  const feed = new FakeFeed();
  const socket = new FakeSocket();
  const log = new RecordedLog();
  const calls: { call: GatewayCall; answer: () => void; isCancelled: boolean }[] = [];
  const pipeline = {
    handle: (call: GatewayCall, done: (answer: CallAnswer) => void, subscriptions?: CallHandler) => {
      if (call.policy.class === 'subscription') return subscriptions!(call, done);
      const entry = {
        call,
        isCancelled: false,
        answer: () =>
          done({
            body: resultResponse(call.clientId, '"ok"'),
            provider: 'p1',
            attempts: 1,
            asked: ['p1'],
            status: 200,
            outcome: 'answered',
          }),
      };
      calls.push(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
  };
  const counts = { closed: 0, slow: 0, in: 0, out: 0, subscriptions: 0 };
  const session = new SocketSession(
    socket.asWebSocket,
    socket.stream,
    fake.chain,
    { maxDepth: 64, maxBatch: 100, maxSubscriptions: 10, maxBufferedBytes: 1_000, ...options },
    {
      onClosed: () => counts.closed++,
      onSlowClient: () => counts.slow++,
      onMessage: direction => counts[direction]++,
      onSubscriptions: (_chain, by) => {
        counts.subscriptions += by;
      },
    },
    { pipeline: pipeline as unknown as CallPipeline, feed, clock: fake.clock, log },
  );
  const ask = (id: number, method = 'eth_chainId', params: unknown[] = []) =>
    socket.receive({ jsonrpc: '2.0', id, method, params });
  return { fake, hub, feed, socket, log, calls, pipeline, counts, session, ask };
}

describe('SocketSession', () => {
  it('answers calls as they end, not as they came', () => {
    const { socket, calls, ask } = setUp();
    ask(1);
    ask(2);
    calls[1]!.answer();
    calls[0]!.answer();
    assert.deepEqual(
      socket.messages.map(message => message.id),
      [2, 1],
    );
  });

  it('answers what is no JSON-RPC and stays open', () => {
    const { socket } = setUp();
    socket.receive('{');
    socket.receive('[]');
    assert.deepEqual(
      socket.messages.map(message => message.error?.code),
      [-32700, -32600],
    );
    assert.deepEqual(socket.closes, []);
  });

  it('sends the reply to a subscription in a batch, which waits for its slowest call, before any event', async () => {
    const { socket, feed, calls } = setUp();
    socket.receive([
      { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] },
      { jsonrpc: '2.0', id: 2, method: 'eth_chainId' },
    ]);
    feed.last.accept();
    await settle();
    assert.deepEqual([socket.sent, feed.last.isBegun], [[], false]);
    calls[0]!.answer();
    feed.emit(headEvent('"late"'));
    assert.equal(socket.sent.length, 2);
    assert.ok(Array.isArray(JSON.parse(socket.sent[0]!)));
    assert.equal(socket.messages[1]!.params?.result, 'late');
  });

  it('reads no more while as many calls are in flight as may be', () => {
    const { socket, calls, ask } = setUp({ maxInFlight: 2 });
    ask(1);
    assert.equal(socket.isPaused, false);
    ask(2);
    assert.equal(socket.isPaused, true);
    calls[0]!.answer();
    assert.equal(socket.isPaused, false);
  });

  it('closes with 1013 when the client does not read, and cuts it off after five seconds', async () => {
    const { fake, socket, hub, counts, calls, ask } = setUp();
    ask(1, 'eth_subscribe', ['syncing']);
    hub.last.accept();
    await settle();
    ask(2);
    socket.bufferedAmount = 1_001;
    hub.emit('1');
    assert.deepEqual(socket.closes, [{ code: 1013, reason: 'reads too slowly' }]);
    assert.equal(hub.last.isCancelled, true, 'its events are nobody’s any more');
    calls[0]!.answer();
    hub.emit('2');
    assert.deepEqual([socket.sent.length, counts.slow, socket.closes.length], [1, 1, 1]);
    fake.clock.advance(4_999);
    assert.equal(socket.isTerminated, false);
    fake.clock.advance(1);
    assert.equal(socket.isTerminated, true);
  });

  it('leaves a subscriber that reads slowly to the feed, which waits for it', async () => {
    const { socket, feed, counts, ask } = setUp();
    ask(1, 'eth_subscribe', ['newHeads']);
    feed.last.accept();
    await settle();
    socket.bufferedAmount = 1_001;
    feed.emit(headEvent('1'));
    assert.deepEqual([socket.closes.length, counts.slow, socket.sent.length], [0, 0, 2]);
    assert.equal(feed.last.request.strategy, 'catch_up');
  });

  it('closes with 1011 and the range when blocks were missed', async () => {
    const { socket, feed, counts, ask } = setUp();
    ask(1, 'eth_subscribe', ['newHeads']);
    feed.last.accept();
    await settle();
    feed.last.request.onUnsaidGap?.({ reason: 'outage', message: 'blocks 5 to 900 were missed' });
    assert.deepEqual(socket.closes, [{ code: 1011, reason: 'blocks 5 to 900 were missed' }]);
    assert.deepEqual([feed.last.isEnded, counts.subscriptions], [true, 0]);
  });

  it('makes no subscription for a notification, and says nothing', () => {
    const { socket, feed } = setUp();
    socket.receive({ jsonrpc: '2.0', method: 'eth_subscribe', params: ['newHeads'] });
    assert.deepEqual([socket.sent, feed.subscriptions.length], [[], 0]);
  });

  it('cuts off a client that did not answer the last ping', () => {
    const { session, socket } = setUp();
    session.checkAlive();
    socket.emit('pong');
    session.checkAlive();
    assert.deepEqual([socket.pings, socket.isTerminated], [2, false]);
    session.checkAlive();
    assert.equal(socket.isTerminated, true);
  });

  it('takes a client for alive that reads, however slowly, what its pong waits behind', () => {
    const { session, socket } = setUp();
    const written = { bytesWritten: 0, writableLength: 0 };
    Object.defineProperties(socket.stream, {
      bytesWritten: { get: () => written.bytesWritten },
      writableLength: { get: () => written.writableLength },
    });
    Object.assign(written, { bytesWritten: 9_000, writableLength: 5_000 });
    session.checkAlive();
    for (let waiting = 4_000; waiting >= 0; waiting -= 1_000) {
      written.writableLength = waiting;
      session.checkAlive();
      assert.equal(socket.isTerminated, false);
    }
    // What the system took since then, with nothing waiting, proves nothing.
    written.bytesWritten += 2;
    session.checkAlive();
    assert.equal(socket.isTerminated, true);
  });

  it('cuts off a client that reads nothing of what waits', () => {
    const { session, socket } = setUp();
    Object.defineProperties(socket.stream, {
      bytesWritten: { value: 9_000 },
      writableLength: { value: 5_000 },
    });
    session.checkAlive();
    session.checkAlive();
    assert.equal(socket.isTerminated, true);
  });

  it('takes a message for a sign of life too', () => {
    const { session, socket, ask } = setUp();
    session.checkAlive();
    ask(1);
    session.checkAlive();
    assert.equal(socket.isTerminated, false);
  });

  it('does not take a client for dead whose pongs it does not read', () => {
    const { session, socket, calls, ask } = setUp({ maxInFlight: 1 });
    session.checkAlive();
    ask(1);
    session.checkAlive();
    session.checkAlive();
    assert.equal(socket.isTerminated, false);
    calls[0]!.answer();
    session.checkAlive();
    session.checkAlive();
    assert.equal(socket.isTerminated, true);
  });

  it('drains: reads no more, answers what it has read, then closes with 1001', () => {
    const { session, socket, calls, ask } = setUp();
    ask(1);
    ask(2);
    session.drain();
    assert.equal(socket.isPaused, true);
    ask(3);
    calls[0]!.answer();
    assert.deepEqual([socket.closes.length, socket.isPaused, calls.length], [0, true, 2]);
    calls[1]!.answer();
    assert.deepEqual(socket.closes, [{ code: 1001, reason: 'shutting down' }]);
    assert.equal(socket.isPaused, false, 'reads the other side of the handshake');
    assert.equal(socket.sent.length, 2);
  });

  it('closes at once with 1001 when nothing is in flight', () => {
    const { session, socket } = setUp();
    session.drain();
    session.drain();
    assert.deepEqual(socket.closes, [{ code: 1001, reason: 'shutting down' }]);
  });

  it('reads the other side of the handshake when it drains while it closes, though a call is in flight', () => {
    const { session, socket, ask } = setUp();
    ask(1);
    session.close(1011, 'over');
    session.drain();
    assert.deepEqual([socket.isPaused, socket.closes.length], [false, 1]);
  });

  it('cancels its calls and subscriptions when the client goes', async () => {
    const { socket, hub, calls, counts, ask } = setUp();
    ask(1, 'eth_subscribe', ['syncing']);
    hub.last.accept();
    await settle();
    ask(2);
    socket.terminate();
    assert.deepEqual([calls[0]!.isCancelled, hub.last.isCancelled], [true, true]);
    assert.deepEqual([counts.closed, counts.subscriptions], [1, 0]);
    calls[0]!.answer();
    assert.equal(socket.sent.length, 1, 'nothing after the end');
  });

  it('closes with 1011 and a reason that fits when a stream ends for good', async () => {
    const { socket, hub, ask } = setUp();
    ask(1, 'eth_subscribe', ['syncing']);
    hub.last.accept();
    await settle();
    hub.last.subscriber.onEnd('ü'.repeat(200));
    assert.equal(socket.closes[0]?.code, 1011);
    assert.match(socket.closes[0]!.reason, /^ü+/);
  });

  it('costs the client its connection, and nobody else theirs, when a message meets a bug', () => {
    const { socket, log, pipeline, ask } = setUp();
    pipeline.handle = () => {
      throw new Error('a bug');
    };
    ask(1);
    assert.equal(socket.closes[0]?.code, 1011);
    assert.deepEqual(log.of('error'), ['a client message failed']);
  });
});
