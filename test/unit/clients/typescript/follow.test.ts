import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type FeedItem,
  type Follower,
  type FollowOptions,
  type FollowState,
  follow,
} from '../../../../clients/typescript/src/follow.ts';
import { findFreePort } from '../../../../src/devnet/free-port.ts';
import { eventually } from '../../../support/eventually.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedFeed } from './scripted-feed.ts';

async function following(t: TestContext, options: Partial<FollowOptions> = {}) {
  const server = await ScriptedFeed.start(t);
  const states: FollowState[] = [];
  const feed = follow({
    url: server.url,
    topics: ['devnet.heads'],
    reconnect: { minDelayMs: 1, maxDelayMs: 2 },
    onState: state => states.push(state),
    ...options,
  });
  t.after(() => feed.return());
  return { server, feed, states };
}

async function take(feed: Follower, count: number): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  while (items.length < count) {
    const { done, value } = await feed.next();
    if (done) break;
    items.push(value);
  }
  return items;
}

const offsets = (items: readonly FeedItem[]) => items.map(item => Number(item.cursor.slice(2)));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('follow', () => {
  it('yields what the server sends, as it is', async t => {
    const { server, feed } = await following(t, { strategy: 'catch_up', from: { block: 7 } });
    const items = take(feed, 4);
    const connection = await server.connection();
    assert.deepEqual(await connection.accept('e:4'), {
      topics: ['devnet.heads'],
      from: { block: 7 },
      strategy: 'catch_up',
    });
    connection.events(5, 5, 'devnet.heads', { number: '0x7' });
    connection.notify('feed_reorg', { cursor: 'e:6', topic: 'devnet.reorgs', time: 3, data: { depth: 2 } });
    connection.notify('feed_gap', {
      cursor: 'e:7',
      chain: 'devnet',
      data: { reason: 'outage', message: 'm' },
    });
    connection.notify('feed_of_tomorrow', {});
    connection.events(8, 8, 'system.started', {});
    assert.deepEqual(await items, [
      {
        type: 'event',
        cursor: 'e:5',
        topic: 'devnet.heads',
        chain: 'devnet',
        time: 1_789_000_000_000,
        data: { number: '0x7' },
      },
      {
        type: 'reorg',
        cursor: 'e:6',
        topic: 'devnet.reorgs',
        chain: 'devnet',
        time: 3,
        data: { depth: 2 },
      },
      { type: 'gap', cursor: 'e:7', chain: 'devnet', data: { reason: 'outage', message: 'm' } },
      { type: 'event', cursor: 'e:8', topic: 'system.started', time: 1_789_000_000_000, data: {} },
    ]);
    assert.equal(feed.cursor, 'e:8');
  });

  it('goes on behind the last item when the connection is cut, and says how it goes', async t => {
    const { server, feed, states } = await following(t);
    const items = take(feed, 6);
    const first = await server.connection();
    assert.deepEqual(await first.accept('e:10'), { topics: ['devnet.heads'] });
    first.events(11, 12);
    await eventually(() => feed.cursor === 'e:12');
    first.socket.terminate();
    const second = await server.connection();
    const { from, gaps } = await second.accept('e:12');
    assert.deepEqual([from, gaps], ['e:12', 'announce']);
    second.events(13, 14);
    await eventually(() => feed.cursor === 'e:14');
    second.socket.close(1013, 'too slow; resume from e:14');
    const third = await server.connection();
    assert.equal((await third.accept('e:14')).from, 'e:14');
    third.events(15, 16);
    assert.deepEqual(offsets(await items), range(11, 16));
    assert.deepEqual(
      states.map(({ state }) => state),
      ['connecting', 'live', 'waiting', 'connecting', 'live', 'waiting', 'connecting', 'live'],
    );
    assert.ok(
      states.some(state => state.state === 'waiting' && state.reason === 'too slow; resume from e:14'),
    );
  });

  it('goes on where it began when nothing came before the connection was cut', async t => {
    const { server, feed } = await following(t);
    const items = take(feed, 1);
    const first = await server.connection();
    await first.accept('e:10');
    await eventually(() => feed.cursor === 'e:10');
    first.socket.terminate();
    const second = await server.connection();
    assert.equal((await second.accept('e:10')).from, 'e:10');
    second.events(11, 11);
    assert.deepEqual(offsets(await items), [11]);
  });

  it('asks again for the oldest, or for a block, when nothing came before the connection was cut', async t => {
    const { server, feed } = await following(t, { from: 'earliest' });
    const items = take(feed, 1);
    const first = await server.connection();
    assert.equal((await first.accept('e:10')).from, 'earliest');
    await eventually(() => feed.cursor === 'e:10');
    first.socket.terminate();
    const second = await server.connection();
    assert.equal((await second.accept('e:10')).from, 'earliest');
    second.events(11, 11);
    await items;
  });

  it('begins behind a cursor, and tells the gap when the server does not know it any more', async t => {
    const { server, feed } = await following(t, { cursor: 'd:4', from: 'earliest' });
    const items = take(feed, 2);
    const connection = await server.connection();
    const { from, gaps } = await connection.accept('e:0');
    assert.deepEqual([from, gaps], ['d:4', 'announce']);
    assert.equal(feed.cursor, 'd:4');
    connection.notify('feed_gap', { cursor: 'e:0', data: { reason: 'epoch', message: 'another history' } });
    connection.events(1, 1);
    const [gap, event] = await items;
    assert.ok(gap?.type === 'gap' && gap.data.reason === 'epoch');
    assert.equal(event?.cursor, 'e:1');
  });

  it('takes the position that a server names when it stops', async t => {
    const { server, feed, states } = await following(t);
    const items = take(feed, 2);
    const first = await server.connection();
    await first.accept('e:10');
    first.events(11, 11);
    first.send({
      jsonrpc: '2.0',
      method: 'feed_closing',
      params: { subscriptions: { s1: 'e:5000', s2: 'e:9000' }, reason: 'shutting down' },
    });
    first.socket.close(1001, 'shutting down; resume from e:5000');
    const second = await server.connection();
    assert.equal((await second.accept('e:5000')).from, 'e:5000');
    assert.equal(feed.cursor, 'e:11');
    second.events(5001, 5001);
    assert.deepEqual(offsets(await items), [11, 5001]);
    assert.ok(states.some(state => state.state === 'waiting' && state.reason === 'shutting down'));
  });

  it('throws what the server refuses for good, after what came before', async t => {
    const { server, feed, states } = await following(t);
    const first = feed.next();
    const connection = await server.connection();
    const { id } = await connection.request();
    const error = { code: -32602, message: 'no such chain: devnot', data: { code: 'topic_invalid' } };
    connection.refuse(id, error);
    await assert.rejects(first, {
      name: 'FeedError',
      code: 'topic_invalid',
      rpcCode: -32602,
      message: error.message,
    });
    assert.deepEqual(await feed.next(), { done: true, value: undefined });
    assert.equal(states.at(-1)?.state, 'ended');
    await connection.closed();
    assert.equal(server.connections.length, 1);
  });

  it('throws at an URL that is none', async () => {
    const feed = follow({ url: 'mailto:x', topics: ['a.b'] });
    await assert.rejects(feed.next(), { code: 'url_invalid' });
    assert.deepEqual(await feed.next(), { done: true, value: undefined });
  });

  it('tries again when the server refuses for now', async t => {
    const { server, feed } = await following(t);
    const items = take(feed, 1);
    const first = await server.connection();
    const { id } = await first.request();
    first.refuse(id, { code: -32000, message: 'starting', data: { code: 'feed_unavailable' } });
    const second = await server.connection();
    await second.accept('e:0');
    second.events(1, 1);
    assert.deepEqual(offsets(await items), [1]);
  });

  it('tries again when a server that was restarted does not know the chain yet', async t => {
    const { server, feed, states } = await following(t);
    const items = take(feed, 1);
    const first = await server.connection();
    await first.accept('e:0');
    await eventually(() => states.at(-1)?.state === 'live');
    first.socket.terminate();
    const second = await server.connection();
    const { id } = await second.request();
    second.refuse(id, { code: -32602, message: 'no such chain: devnet', data: { code: 'topic_invalid' } });
    const third = await server.connection();
    await third.accept('e:0');
    third.events(1, 1);
    assert.deepEqual(offsets(await items), [1]);
    assert.ok(states.some(state => state.state === 'waiting' && state.reason === 'no such chain: devnet'));
  });

  it('throws when its place in the history is refused, at a resumption too', async t => {
    const { server, feed, states } = await following(t);
    const next = feed.next();
    const first = await server.connection();
    await first.accept('e:0');
    await eventually(() => states.at(-1)?.state === 'live');
    first.socket.terminate();
    const second = await server.connection();
    const { id } = await second.request();
    second.refuse(id, { code: -32010, message: 'another history', data: { code: 'cursor_epoch' } });
    await assert.rejects(next, { code: 'cursor_epoch' });
  });

  it('waits for a server that is not there yet, longer each time', async t => {
    const port = await findFreePort('127.0.0.1');
    const waits: number[] = [];
    const feed = follow({
      url: `ws://127.0.0.1:${port}/feed`,
      topics: ['>'],
      reconnect: { minDelayMs: 1, maxDelayMs: 16 },
      environment: { random: () => 0 },
      onState: state => {
        if (state.state === 'waiting') waits.push(state.delayMs);
      },
    });
    t.after(() => feed.return());
    const items = take(feed, 1);
    await eventually(() => waits.length >= 7);
    assert.deepEqual(waits.slice(0, 7), [1, 2, 4, 8, 16, 16, 16]);
    const server = await ScriptedFeed.start(t, port);
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 1);
    assert.deepEqual(offsets(await items), [1]);
  });

  it('waits longer each time where connections do not come about, however long each of them takes to fail', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const feed = follow({
      url: 'ws://127.0.0.1:1/feed',
      topics: ['>'],
      reconnect: { minDelayMs: 1_000, maxDelayMs: 4_000 },
      heartbeat: { answerMs: 10_000 },
      environment: {
        now: () => clock.now(),
        setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
        clearTimeout: handle => clock.clearTimeout(handle as never),
        random: () => 0,
        WebSocket: class {
          close(): void {}
        } as unknown as typeof WebSocket,
      },
      onState: state => {
        if (state.state === 'waiting') waits.push(state.delayMs);
      },
    });
    const item = feed.next();
    while (waits.length < 5) clock.advance(500);
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 4_000, 4_000]);
    await feed.return();
    await item;
  });

  it('waits briefly again after a subscription that lasted', async t => {
    const clock = new ManualClock();
    const { server, feed, states } = await following(t, {
      reconnect: { minDelayMs: 1_000, maxDelayMs: 4_000 },
      environment: {
        now: () => clock.now(),
        setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
        clearTimeout: handle => clock.clearTimeout(handle as never),
        random: () => 0,
      },
    });
    const items = take(feed, 1);
    const waits: number[] = [];
    for (const lastsMs of [0, 3_900, 4_000]) {
      const connection = await server.connection();
      await connection.accept('e:0');
      await eventually(() => states.at(-1)?.state === 'live');
      clock.advance(lastsMs);
      connection.socket.terminate();
      const waiting = await eventually(() => {
        const state = states.at(-1);
        return state?.state === 'waiting' ? state : undefined;
      });
      waits.push(waiting!.delayMs);
      clock.advance(waiting!.delayMs);
    }
    assert.deepEqual(waits, [1_000, 2_000, 1_000]);
    await feed.return();
    await items;
  });

  it('ends at the signal without an error, and closes the connection', async t => {
    const controller = new AbortController();
    const { server, feed, states } = await following(t, { signal: controller.signal });
    const items = take(feed, 5);
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 2);
    await eventually(() => feed.cursor === 'e:2');
    controller.abort();
    assert.deepEqual(offsets(await items), [1, 2]);
    await connection.closed();
    assert.equal(states.at(-1)?.state, 'ended');
    const aborted = follow({ url: server.url, topics: ['>'], signal: controller.signal });
    assert.deepEqual(await aborted.next(), { done: true, value: undefined });
    assert.equal(server.connections.length, 1);
  });

  it('ends with the loop', async t => {
    const { server, feed } = await following(t);
    const loop = (async () => {
      for await (const item of feed) if (item.cursor === 'e:2') break;
    })();
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 5);
    await loop;
    await connection.closed();
    assert.equal(feed.cursor, 'e:2');
  });

  it('gives up the connection while the consumer is slow, and goes on when it has caught up', async t => {
    const { server, feed, states } = await following(t, { maxBufferedItems: 8 });
    const [one] = await Promise.all([
      take(feed, 1),
      (async () => {
        const connection = await server.connection();
        await connection.accept('e:0');
        connection.events(1, 100);
        await connection.closed();
      })(),
    ]);
    assert.equal(states.at(-1)?.state, 'paused');
    assert.deepEqual(offsets(one), [1]);
    assert.deepEqual(offsets(await take(feed, 5)), range(2, 6));
    assert.equal(server.connections.length, 1, 'it has not caught up');
    const rest = take(feed, 6);
    const second = await server.connection();
    assert.equal((await second.accept('e:9')).from, 'e:9');
    second.events(10, 12);
    assert.deepEqual(offsets(await rest), range(7, 12));
  });

  it('counts the length of what is buffered too', async t => {
    const { server, feed, states } = await following(t, { maxBufferedLength: 10_000 });
    const first = take(feed, 1);
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 4, 'devnet.heads', 'x'.repeat(6_000));
    await connection.closed();
    assert.deepEqual(offsets(await first), [1]);
    assert.equal(states.at(-1)?.state, 'paused');
    assert.deepEqual(offsets(await take(feed, 2)), [2, 3]);
    assert.equal((await (await server.connection()).accept('e:3')).from, 'e:3');
  });

  it('asks a silent server for a sign of life, and leaves one that gives none', async t => {
    const clock = new ManualClock();
    const { server, feed, states } = await following(t, {
      environment: clock,
      heartbeat: { idleMs: 1_000, answerMs: 300 },
    });
    const items = take(feed, 1);
    const first = await server.connection();
    await first.accept('e:0');
    await eventually(() => states.at(-1)?.state === 'live');
    clock.advance(1_000);
    const { id, method } = await first.request();
    assert.equal(method, 'feed_info');
    first.answer(id, {});
    first.notify('feed_of_tomorrow', {});
    await eventually(() => {
      clock.advance(10);
      return first.requests.length === 3;
    });
    assert.equal(states.at(-1)?.state, 'live');
    clock.advance(300);
    const reasons = states.map(state => (state.state === 'waiting' ? state.reason : ''));
    assert.deepEqual(reasons.filter(Boolean), ['the server went silent']);
    clock.advance(2);
    const second = await server.connection();
    await second.accept('e:0');
    second.events(1, 1);
    assert.deepEqual(offsets(await items), [1]);
  });

  it('leaves a server that never answers the connection', async t => {
    const clock = new ManualClock();
    const { server, feed, states } = await following(t, {
      environment: clock,
      heartbeat: { answerMs: 300 },
    });
    void feed.next();
    const connection = await server.connection();
    await connection.request();
    clock.advance(300);
    assert.equal(states.at(-1)?.state, 'waiting');
    await connection.closed();
  });

  it('leaves a server that sends something else than JSON', async t => {
    const { server, feed, states } = await following(t);
    const items = take(feed, 1);
    const first = await server.connection();
    await first.accept('e:0');
    first.socket.send('{"jsonrpc":');
    const second = await server.connection();
    await second.accept('e:0');
    second.events(1, 1);
    await items;
    assert.ok(states.some(state => state.state === 'waiting' && /not JSON/.test(state.reason)));
  });

  it('leaves nothing behind in the signal or the clock', async t => {
    const clock = new ManualClock();
    const { server, feed } = await following(t, { environment: clock });
    void feed.next();
    await (await server.connection()).accept('e:0');
    await feed.return();
    assert.equal(clock.pendingCount, 0);
  });
});
