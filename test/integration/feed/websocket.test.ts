import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventKinds } from '../../../src/feed/events/feed-event.ts';
import { eventually } from '../../support/eventually.ts';
import { FeedClient } from './feed-client.ts';
import { chainName, headEvent, startServedFeed } from './served-feed.ts';

const topics = [`${chainName}.heads`];

describe('/feed over WebSocket', () => {
  it('answers a subscription with its id, cursor and topics, then sends events in order', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2);
    const client = await FeedClient.open(t, served.wsUrl);
    const { result } = await client.subscribe({ topics: [`${chainName.toUpperCase()}.Heads`] });
    const cursor = served.cursor(2);
    assert.deepEqual(result, { subscription: result?.subscription, cursor, latest: cursor, topics });
    await served.heads(3, 4);
    await eventually(() => client.events.length === 2, 'two events');
    assert.deepEqual(client.numbers, [3, 4]);
    const [event] = client.events;
    assert.equal(event!.method, 'feed_event');
    assert.deepEqual(Object.keys(event!.params), ['subscription', 'cursor', 'topic', 'time', 'data']);
    assert.equal(event!.params.subscription, result?.subscription);
    assert.equal(event!.params.cursor, served.cursor(3));
  });

  it('resumes behind a cursor, and joins what comes without a seam, under load', async t => {
    const served = await startServedFeed(t, { log: { memoryBytes: 2 ** 20 } });
    const total = 20_000;
    let next = 1;
    const produce = async (until: number) => {
      while (next <= until) {
        const batch = Array.from({ length: Math.min(50, until - next + 1) }, () => next++);
        await served.heads(...batch);
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    await produce(5_000);
    const producing = produce(total);
    const client = await FeedClient.open(t, served.wsUrl);
    await client.subscribe({ topics, from: served.cursor(100) });
    await producing;
    await eventually(() => client.events.length >= total - 100, 'all events', 30_000);
    assert.deepEqual(
      client.numbers,
      Array.from({ length: total - 100 }, (_, index) => index + 101),
    );
  });

  it('starts at the earliest event, at a block of the only chain, or at a time', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2, 3);
    const client = await FeedClient.open(t, served.wsUrl);
    const earliest = await client.subscribe({ topics, from: 'earliest' });
    assert.equal(earliest.result?.cursor, served.cursor(0));
    await eventually(() => client.events.length === 3, 'three events');
    const atTime = await client.subscribe({ topics, from: { time: '2020-01-01T00:00:00Z' } });
    assert.equal(atTime.result?.cursor, served.cursor(0));
    const future = await client.subscribe({ topics, from: { time: Date.now() + 3_600_000 } });
    assert.equal(future.result?.cursor, served.cursor(3));
    const unknown = await client.subscribe({ topics, from: { block: 17 } });
    assert.equal(unknown.error?.code, -32013);
    assert.equal(unknown.error?.data.code, 'block_unknown');
    const which = await client.subscribe({ topics: ['*.heads'], from: { block: 17 } });
    assert.equal(which.error?.data.code, 'feed_request_invalid');
  });

  it('tells reorgs and gaps of the chain in notifications of their own', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    const { result } = await client.subscribe({ topics });
    const chain = chainName;
    await served.append(
      {
        kind: eventKinds.reorg,
        chain,
        topic: `${chain}.reorgs`,
        data: Buffer.from('{"depth":1,"ancestor":{"number":1,"hash":"0x1"},"orphaned":[],"adopted":[]}'),
      },
      {
        kind: eventKinds.gap,
        chain,
        topic: `${chain}.gaps`,
        data: Buffer.from('{"reason":"outage","fromBlock":1,"toBlock":9,"message":"m"}'),
      },
    );
    await eventually(() => client.events.length === 2, 'two notifications');
    const [reorg, gap] = client.events;
    assert.equal(reorg!.method, 'feed_reorg');
    assert.equal(reorg!.params.topic, `${chain}.reorgs`);
    assert.equal(reorg!.params.data.depth, 1);
    assert.equal(gap!.method, 'feed_gap');
    assert.deepEqual(gap!.params, {
      subscription: result!.subscription,
      cursor: served.cursor(2),
      chain,
      data: { reason: 'outage', fromBlock: 1, toBlock: 9, message: 'm' },
    } as never);
  });

  it('ends a subscription on request: no event comes behind the answer', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    const { result } = await client.subscribe({ topics });
    const other = await client.subscribe({ topics });
    assert.equal(other.result?.subscription, `${result?.subscription}-2`);
    await client.call('feed_unsubscribe', [result?.subscription]);
    await served.heads(1);
    await eventually(() => client.events.length === 1, 'the other’s event');
    assert.equal(client.events[0]!.params.subscription, other.result?.subscription);
    const again = await client.call('feed_unsubscribe', [result?.subscription]);
    assert.equal(again.error?.data.code, 'subscription_not_found');
  });

  it('answers each impossible cursor with an error of its own, and goes on where it is told to announce', async t => {
    const served = await startServedFeed(t, {
      log: { retentionBytes: 4_000, memoryBytes: 2_000 },
    });
    for (let number = 1; number <= 200; number += 10)
      await served.heads(...Array.from({ length: 10 }, (_, index) => number + index));
    await served.log.trim();
    assert.ok(served.log.earliest > 2, 'something was removed');
    const client = await FeedClient.open(t, served.wsUrl);
    const bounds = {
      epoch: served.log.epoch,
      earliest: served.cursor(served.log.earliest - 1),
      latest: served.cursor(200),
    };
    const cases: readonly [from: string, code: number, name: string, reason: string | undefined][] = [
      ['nonsense', -32602, 'cursor_malformed', undefined],
      [`${served.log.epoch}:-1`, -32602, 'cursor_malformed', undefined],
      ['otherepoch:5', -32010, 'cursor_epoch', 'epoch'],
      [served.cursor(1), -32011, 'cursor_expired', 'expired'],
      [served.cursor(999), -32012, 'cursor_future', 'future'],
    ];
    for (const [from, code, name, reason] of cases) {
      const { error } = await client.subscribe({ topics, from });
      assert.equal(error?.code, code, from);
      assert.deepEqual(error?.data, { code: name, ...bounds });
      if (reason === undefined) continue;
      // The id is that of the one before: it is derived from the topics.
      const before = client.events.length;
      const { result } = await client.subscribe({ topics, from, gaps: 'announce' });
      await eventually(() => client.events.length > before, `a gap for ${from}`);
      const gap = client.events[before]!;
      assert.equal(gap.method, 'feed_gap');
      assert.equal(gap.params.data.reason, reason);
      await client.call('feed_unsubscribe', [result?.subscription]);
    }
  });

  it('answers batches in the order of their calls, before any event of theirs', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2);
    const client = await FeedClient.open(t, served.wsUrl);
    client.socket.send(
      JSON.stringify([
        { jsonrpc: '2.0', id: 'a', method: 'feed_subscribe', params: [{ topics, from: 'earliest' }] },
        { jsonrpc: '2.0', method: 'feed_info' },
        { jsonrpc: '2.0', id: 'b', method: 'feed_info' },
        { jsonrpc: '2.0', id: 'c', method: 'eth_chainId' },
        7,
      ]),
    );
    await eventually(() => client.messages.length === 3, 'answers and events');
    const batch = client.messages[0] as unknown as {
      id: string;
      result: unknown;
      error?: { code: number };
    }[];
    assert.deepEqual(
      batch.map(answer => answer.id),
      ['a', 'b', 'c', null],
    );
    assert.deepEqual(batch[1]!.result, {
      epoch: served.log.epoch,
      earliest: served.cursor(0),
      latest: served.cursor(2),
      chains: [chainName],
    });
    assert.equal(batch[2]!.error?.code, -32601);
    assert.equal(batch[3]!.error?.code, -32600);
    assert.deepEqual(client.numbers.slice(-2), [1, 2]);
  });

  it('says what is wrong with parameters', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    const cases: readonly [params: Record<string, unknown>, code: string, message: RegExp][] = [
      [{}, 'topic_invalid', /topics/],
      [{ topics: ['nochain.heads'] }, 'topic_invalid', /nochain/],
      [{ topics: Array.from({ length: 65 }, () => '*.heads') }, 'too_many_topics', /64/],
      [{ topics, form: 'latest' }, 'feed_request_invalid', /"form"/],
      [{ topics, strategy: 'fast' }, 'feed_request_invalid', /strategy is one of catch_up/],
      [{ topics, gaps: true }, 'feed_request_invalid', /gaps is one of/],
      [{ topics, from: 7 }, 'feed_request_invalid', /from is "latest"/],
      [{ topics, from: { block: -1 } }, 'feed_request_invalid', /from\.block/],
      [{ topics, from: { block: 1, chain: 'x' } }, 'feed_request_invalid', /from\.chain/],
      [{ topics, from: { time: 'yesterday' } }, 'feed_request_invalid', /from\.time/],
      [JSON.parse(`{"topics":["*.heads"],"__proto__":{}}`), 'feed_request_invalid', /__proto__/],
    ];
    for (const [params, code, message] of cases) {
      const { error } = await client.subscribe(params);
      assert.equal(error?.data.code, code, JSON.stringify(params));
      assert.equal(error?.code, -32602);
      assert.match(error?.message ?? '', message);
    }
    assert.equal(served.feed.stats().catchingUp + served.feed.stats().live, 0);
  });

  it('lets go of the subscriptions of a client that is gone', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    await client.subscribe({ topics });
    assert.equal(served.feed.stats().live, 1);
    client.socket.terminate();
    await eventually(() => served.feed.stats().live === 0, 'forgotten');
    assert.equal(served.gateway.socketCount, 0);
  });

  it('says that there is no feed', async t => {
    const served = await startServedFeed(t, { service: () => undefined });
    const client = await FeedClient.open(t, served.wsUrl);
    const { error } = await client.subscribe({ topics });
    assert.equal(error?.data.code, 'feed_unavailable');
    const response = await fetch(`${served.url}/feed?topics=*.heads`);
    assert.equal(response.status, 503);
  });

  it('tells on shutdown where each subscription goes on, and from there nothing is lost or repeated [fault 29]', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    const idle = await FeedClient.open(t, served.wsUrl);
    const { result } = await client.subscribe({ topics });
    let number = 0;
    const timer = setInterval(() => served.log.append([headEvent(++number), headEvent(++number)]), 1);
    t.after(() => clearInterval(timer));
    await eventually(() => client.events.length > 20, 'events');
    await served.gateway.drain();
    clearInterval(timer);
    const last = client.events.at(-1)!;
    assert.equal(last.method, 'feed_closing');
    const cursor = last.params.subscriptions![result!.subscription]!;
    assert.equal(last.params.reason, 'shutting down');
    assert.equal(client.events.at(-2)!.params.cursor, cursor);
    assert.deepEqual(await client.end(), { code: 1001, reason: `shutting down; resume from ${cursor}` });
    assert.deepEqual(await idle.end(), { code: 1001, reason: 'shutting down' });
    const seen = client.events.slice(0, -1).map(({ params }) => params.data.n);
    assert.deepEqual(
      seen,
      Array.from({ length: seen.length }, (_, index) => index + 1),
    );
  });
});
