import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aggregationErrors } from '../../../../src/aggregation/errors.ts';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { feedErrors } from '../../../../src/feed/errors.ts';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { SocketSubscriptions } from '../../../../src/gateway/socket/subscriptions.ts';
import { FakeFeed, headEvent, RecordedSink } from '../fake-feed.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { FakeHub, settle } from './fake-hub.ts';

function setUp(limit = 10) {
  const fake = new FakeChain();
  const hub = new FakeHub().putInto(fake.chain);
  const feed = new FakeFeed();
  const log: string[] = [];
  const frames: string[] = [];
  let held = 0;
  const feedSink = new RecordedSink(() => log.push('event'));
  const subscriptions = new SocketSubscriptions(
    {
      feedSink,
      send: frame => {
        frames.push(frame.toString());
        log.push('event');
      },
      fail: message => log.push(`fail ${message}`),
      overflow: () => log.push('overflow'),
      changed: (_chain, by) => {
        held += by;
      },
    },
    { limit },
    feed,
  );
  const call = (method: string, params: string, isNotification = false) => {
    const answers: CallAnswer[] = [];
    subscriptions.handle({ ...fake.call(method, params), isNotification }, answer => {
      answers.push(answer);
      log.push('reply');
    });
    return answers;
  };
  /** Subscribes, and sends the reply as the transport does. */
  const subscribed = async (params = '["newHeads"]') => {
    const answers = call('eth_subscribe', params);
    feed.last.accept();
    await settle();
    answers[0]!.afterSend?.();
    return json(answers).result as string;
  };
  /** The same of what only a provider has. */
  const streamed = async () => {
    const answers = call('eth_subscribe', '["syncing"]');
    hub.last.accept();
    await settle();
    answers[0]!.afterSend?.();
    return json(answers).result as string;
  };
  const payloads = feedSink.payloads;
  return {
    fake,
    hub,
    feed,
    log,
    frames,
    payloads,
    subscriptions,
    call,
    subscribed,
    streamed,
    held: () => held,
  };
}

const json = (answers: readonly CallAnswer[]) =>
  JSON.parse(answers[0]!.body.toString()) as {
    result?: unknown;
    error?: { code: number; message: string; data: { code: string } };
  };

describe('SocketSubscriptions', () => {
  it('answers with an id of its own and names it in every event, whose bytes it leaves alone', async () => {
    const { feed, payloads, subscribed } = setUp();
    const id = await subscribed();
    assert.match(id, /^0x[0-9a-f]{32}$/);
    feed.emit(headEvent('{"number": 1e0 }'));
    assert.deepEqual(payloads, [
      `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":{"number": 1e0 }}}`,
    ]);
  });

  it('asks the feed for heads, logs and hashes of transactions, from now on and through slow times', async () => {
    const { feed, hub, subscribed } = setUp();
    const address = `0x${'a'.repeat(40)}`;
    await subscribed();
    await subscribed(`["logs",{"address":"${address.toUpperCase().replace('X', 'x')}"}]`);
    await subscribed('["newPendingTransactions"]');
    await subscribed('["newPendingTransactions",false]');
    assert.deepEqual(
      feed.subscriptions.map(({ request }) => request.selector.patterns),
      [['test.heads'], [`test.logs.${address}.*`], ['test.pending'], ['test.pending']],
    );
    for (const { request } of feed.subscriptions) {
      const { from, strategy, keepMs } = request;
      assert.deepEqual([from.kind, strategy, keepMs], ['latest', 'catch_up', 5_000]);
    }
    assert.equal(hub.subscriptions.length, 0);
  });

  it('asks a provider for anything else', () => {
    const { feed, hub, call } = setUp();
    const others = ['["syncing"]', '["newPendingTransactions",true]', '["nonsense"]', '[]', '{}'];
    for (const params of others) call('eth_subscribe', params);
    assert.deepEqual(
      hub.subscriptions.map(({ params }) => params),
      others,
    );
    assert.equal(feed.subscriptions.length, 0);
  });

  it('lets the first event out once the reply is sent', async () => {
    const { feed, log, call } = setUp();
    const answers = call('eth_subscribe', '["newHeads"]');
    feed.last.accept();
    await settle();
    assert.deepEqual([log, feed.last.isBegun], [['reply'], false], 'the reply is made, not sent');
    answers[0]!.afterSend?.();
    assert.equal(feed.last.isBegun, true);
  });

  it('gives equal subscriptions equal ids on every connection, and others on the same one', async () => {
    const [one, other] = [setUp(), setUp()];
    const ids = [await one.subscribed(), await one.subscribed(), await one.subscribed('["logs",{}]')];
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual([await other.subscribed(), await other.subscribed()], ids.slice(0, 2));
    const keys = (setup: typeof one) => setup.feed.subscriptions.map(({ request }) => request.format.key);
    assert.deepEqual(keys(other), keys(one).slice(0, 2));
    one.feed.emit(headEvent('1'));
    assert.equal(one.payloads.length, 3, 'each event comes to each of them');
    one.call('eth_unsubscribe', `["${ids[0]}"]`);
    assert.equal(await one.subscribed(), ids[0], 'an id that is free again is used again');
  });

  it('refuses a filter that a node would refuse, with the place', () => {
    const { call, held } = setUp();
    const { error } = json(call('eth_subscribe', '["logs",{"address":"0x1"}]'));
    assert.deepEqual([error?.code, error?.data.code], [-32602, 'criteria_invalid']);
    assert.match(error!.message, /^invalid argument 1: the address at index 0/);
    assert.equal(held(), 0);
  });

  it('makes none for a notification, whose sender would not learn its id', () => {
    const { feed, call } = setUp();
    call('eth_subscribe', '["newHeads"]', true);
    assert.equal(feed.subscriptions.length, 0);
  });

  it('refuses one beyond the limit, those that are being made counted', async () => {
    const { call, feed } = setUp(2);
    call('eth_subscribe', '["newHeads"]');
    call('eth_subscribe', '["newHeads"]');
    const third = call('eth_subscribe', '["newHeads"]');
    assert.deepEqual([json(third).error?.code, json(third).error?.data.code], [-32005, 'subscription_limit']);
    feed.subscriptions[0]!.refuse(new Error('no'));
    await settle();
    assert.equal(call('eth_subscribe', '["newHeads"]').length, 0, 'there is room again');
  });

  it('ends one subscription on request: no event comes after the reply', async () => {
    const { feed, payloads, call, subscribed, held } = setUp();
    const id = await subscribed();
    assert.equal(json(call('eth_unsubscribe', `["${id}"]`)).result, true);
    feed.emit(headEvent('1'));
    assert.deepEqual(payloads, []);
    assert.equal(feed.last.isEnded, true);
    assert.equal(held(), 0);
    const again = call('eth_unsubscribe', `["${id}"]`);
    assert.equal(json(again).error?.data.code, 'subscription_not_found');
  });

  it('ends one between its reply and its first event', async () => {
    const { feed, call } = setUp();
    const answers = call('eth_subscribe', '["newHeads"]');
    feed.last.accept();
    await settle();
    call('eth_unsubscribe', `["${json(answers).result}"]`);
    answers[0]!.afterSend?.();
    assert.deepEqual([feed.last.isBegun, feed.last.isEnded], [false, true]);
  });

  it('knows no id that is none, nor one that is not made yet', async () => {
    const { call, feed, subscribed } = setUp();
    const id = await subscribed();
    call('eth_unsubscribe', `["${id}"]`);
    const answers = call('eth_subscribe', '["newHeads"]');
    for (const params of [`["${id}"]`, '["0x1"]', '[1]', '{}', '[]', `["${'x'.repeat(2_000)}"]`]) {
      assert.equal(json(call('eth_unsubscribe', params)).error?.data.code, 'subscription_not_found', params);
    }
    feed.last.accept();
    await settle();
    assert.equal(json(answers).result, id);
  });

  it('tells the client of blocks that it missed, and not of transactions', async () => {
    const { feed, log, subscribed } = setUp();
    await subscribed();
    await subscribed('["newPendingTransactions"]');
    log.length = 0;
    feed.last.request.onUnsaidGap?.({ reason: 'shed', message: 'transactions were dropped' });
    assert.deepEqual(log, []);
    feed.subscriptions[0]!.request.onUnsaidGap?.({
      reason: 'outage',
      message: 'blocks 5 to 900 were missed',
    });
    assert.deepEqual(log, ['fail blocks 5 to 900 were missed']);
  });

  it('goes on with heads, but not with logs, when the chain began anew', async () => {
    const { feed, log, subscribed } = setUp();
    await subscribed();
    await subscribed('["logs",{}]');
    log.length = 0;
    const [heads, logs] = feed.subscriptions;
    heads!.request.onUnsaidGap?.({ reason: 'chain_reset', message: 'the chain began anew' });
    assert.deepEqual(log, []);
    logs!.request.onUnsaidGap?.({ reason: 'chain_reset', message: 'the chain began anew' });
    assert.deepEqual(log, ['fail the chain began anew']);
  });

  it('serves heads although no provider has a WebSocket open, and refuses a chain that cannot serve', async () => {
    const { fake, call, subscribed } = setUp();
    fake.chain.hub = undefined;
    assert.match(await subscribed(), /^0x/);
    fake.chain.unavailable = 'test has no provider';
    const { error } = json(call('eth_subscribe', '["newHeads"]'));
    assert.deepEqual(
      [error?.data.code, error?.message],
      ['subscription_unavailable', 'test has no provider'],
    );
  });

  it('says so while there is no feed', async () => {
    const { call, feed, held } = setUp();
    const answers = call('eth_subscribe', '["newHeads"]');
    feed.last.refuse(new TrunklineError(feedErrors, 'feed_unavailable', 'the feed is starting'));
    await settle();
    const { error } = json(answers);
    assert.deepEqual(
      [error?.data.code, error?.message],
      ['subscription_unavailable', 'the feed is starting'],
    );
    assert.equal(held(), 0);
  });

  it('lets go of everything when the socket closes, of what is still being made too', async () => {
    const { hub, feed, frames, payloads, subscriptions, call, subscribed, streamed, held } = setUp();
    await subscribed();
    await streamed();
    const late = [call('eth_subscribe', '["logs",{}]'), call('eth_subscribe', '["syncing"]')].flat();
    subscriptions.close();
    feed.last.accept();
    hub.last.accept();
    await settle();
    hub.emit('1');
    feed.emit(headEvent('1'));
    assert.deepEqual(
      [
        ...hub.subscriptions.map(entry => entry.isCancelled),
        ...feed.subscriptions.map(entry => entry.isEnded),
      ],
      [true, true, true, true],
    );
    assert.deepEqual([frames, payloads, late, held(), subscriptions.size], [[], [], [], 0, 0]);
  });
});

describe('SocketSubscriptions over a shared stream', () => {
  it('holds events until the reply is sent, and keeps their order', async () => {
    const { hub, log, frames, call } = setUp();
    const answers = call('eth_subscribe', '["syncing"]');
    hub.emit('1');
    hub.last.accept();
    await settle();
    hub.emit('2');
    assert.deepEqual(log, ['reply'], 'the reply is made, not sent');
    answers[0]!.afterSend?.();
    hub.emit('3');
    assert.deepEqual(log, ['reply', 'event', 'event', 'event']);
    assert.deepEqual(
      frames.map(frame => JSON.parse(frame).params.result),
      [1, 2, 3],
    );
    assert.equal(JSON.parse(frames[0]!).params.subscription, json(answers).result);
  });

  it('says that more events wait for a reply than may, rather than leave one out', async () => {
    const { hub, log, call } = setUp();
    call('eth_subscribe', '["newPendingTransactions",true]');
    for (let i = 0; i < 1_024; i++) hub.emit('1');
    assert.deepEqual(log, []);
    hub.emit('1');
    assert.deepEqual(log, ['overflow']);
  });

  it('tells nothing of missing events that no client counts on', async () => {
    const { hub, call, log } = setUp();
    for (const stream of ['[ "syncing" ]', '["newPendingTransactions",true]']) {
      call('eth_subscribe', stream);
      hub.last.accept();
      await settle();
      hub.last.subscriber.onGap?.();
    }
    assert.deepEqual(log, ['reply', 'reply']);
  });

  it('tells the client that a stream ended for good, once', async () => {
    const { hub, log, streamed, held } = setUp();
    await streamed();
    log.length = 0;
    hub.last.subscriber.onEnd('the chain was removed');
    hub.last.subscriber.onEnd('the chain was removed');
    assert.deepEqual(log, ['fail the chain was removed']);
    assert.equal(held(), 0);
  });

  it('tells bad parameters from a stream that cannot be had now', async () => {
    const { hub, call } = setUp();
    for (const [code, expected] of [
      ['invalid_stream', 'subscription_invalid'],
      ['stream_refused', 'subscription_invalid'],
      ['stream_unavailable', 'subscription_unavailable'],
      ['too_many_streams', 'subscription_unavailable'],
    ] as const) {
      const answers = call('eth_subscribe', '["syncing"]');
      hub.last.refuse(new TrunklineError(aggregationErrors, code, `because of ${code}`));
      await settle();
      assert.equal(json(answers).error?.data.code, expected);
      assert.equal(json(answers).error?.message, `because of ${code}`);
    }
  });

  it('says that streams are unavailable while their owner is down', () => {
    const { fake, call } = setUp();
    fake.chain.hub = undefined;
    assert.equal(json(call('eth_subscribe', '["syncing"]')).error?.data.code, 'subscription_unavailable');
  });
});
