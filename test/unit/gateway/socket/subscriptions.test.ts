import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aggregationErrors } from '../../../../src/aggregation/errors.ts';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { SocketSubscriptions } from '../../../../src/gateway/socket/subscriptions.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { FakeHub, settle } from './fake-hub.ts';

function setUp(limit = 10) {
  const fake = new FakeChain();
  const hub = new FakeHub().putInto(fake.chain);
  const log: string[] = [];
  const frames: string[] = [];
  let held = 0;
  const subscriptions = new SocketSubscriptions(
    {
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
  );
  const call = (method: string, params: string) => {
    const answers: CallAnswer[] = [];
    subscriptions.handle(fake.call(method, params), answer => {
      answers.push(answer);
      log.push('reply');
    });
    return answers;
  };
  /** Subscribes, and sends the reply as the transport does. */
  const subscribed = async () => {
    const answers = call('eth_subscribe', '["newHeads"]');
    hub.last.accept();
    await settle();
    answers[0]!.afterSend?.();
    return json(answers).result as string;
  };
  return { fake, hub, log, frames, subscriptions, call, subscribed, held: () => held };
}

const json = (answers: readonly CallAnswer[]) =>
  JSON.parse(answers[0]!.body.toString()) as {
    result?: unknown;
    error?: { code: number; message: string; data: { code: string } };
  };

describe('SocketSubscriptions', () => {
  it('answers with an id of its own and names it in every event, whose bytes it leaves alone', async () => {
    const { hub, frames, subscribed } = setUp();
    const id = await subscribed();
    assert.match(id, /^0x[0-9a-f]{32}$/);
    hub.emit('{"number": 1e0 }');
    assert.deepEqual(frames, [
      `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":{"number": 1e0 }}}`,
    ]);
  });

  it('holds events until the reply is sent, and keeps their order', async () => {
    const { hub, log, frames, call } = setUp();
    const answers = call('eth_subscribe', '["newHeads"]');
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
  });

  it('says that more events wait for a reply than may, rather than leave one out', async () => {
    const { hub, log, call } = setUp();
    call('eth_subscribe', '["newPendingTransactions"]');
    for (let i = 0; i < 1_024; i++) hub.emit('1');
    assert.deepEqual(log, []);
    hub.emit('1');
    assert.deepEqual(log, ['overflow']);
  });

  it('refuses one beyond the limit, those that wait for their stream counted', async () => {
    const { call, hub } = setUp(2);
    call('eth_subscribe', '["newHeads"]');
    call('eth_subscribe', '["newHeads"]');
    const third = call('eth_subscribe', '["newHeads"]');
    assert.deepEqual([json(third).error?.code, json(third).error?.data.code], [-32005, 'subscription_limit']);
    hub.subscriptions[0]!.refuse(new Error('no'));
    await settle();
    assert.equal(call('eth_subscribe', '["newHeads"]').length, 0, 'there is room again');
  });

  it('ends one subscription on request: no event comes after the reply', async () => {
    const { hub, frames, call, subscribed, held } = setUp();
    const id = await subscribed();
    assert.equal(json(call('eth_unsubscribe', `["${id}"]`)).result, true);
    hub.emit('1');
    assert.deepEqual(frames, []);
    assert.equal(hub.last.isCancelled, true);
    assert.equal(held(), 0);
    const again = call('eth_unsubscribe', `["${id}"]`);
    assert.equal(json(again).error?.data.code, 'subscription_not_found');
  });

  it('knows no id that is none', async () => {
    const { call, subscribed } = setUp();
    await subscribed();
    for (const params of ['["0x1"]', '[1]', '{}', '[]', `["${'x'.repeat(2_000)}"]`]) {
      assert.equal(json(call('eth_unsubscribe', params)).error?.data.code, 'subscription_not_found', params);
    }
  });

  it('tells the client that a stream ended for good, once', async () => {
    const { hub, log, subscribed, held } = setUp();
    await subscribed();
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
      const answers = call('eth_subscribe', '["newHeads"]');
      hub.last.refuse(new TrunklineError(aggregationErrors, code, `because of ${code}`));
      await settle();
      assert.equal(json(answers).error?.data.code, expected);
      assert.equal(json(answers).error?.message, `because of ${code}`);
    }
  });

  it('says that streams are unavailable while their owner is down', () => {
    const { fake, call } = setUp();
    fake.chain.hub = undefined;
    assert.equal(json(call('eth_subscribe', '["newHeads"]')).error?.data.code, 'subscription_unavailable');
  });

  it('lets go of everything when the socket closes, of what is still being made too', async () => {
    const { hub, frames, subscriptions, call, subscribed, held } = setUp();
    await subscribed();
    const late = call('eth_subscribe', '["logs",{}]');
    subscriptions.close();
    hub.last.accept();
    await settle();
    hub.emit('1');
    assert.deepEqual(
      hub.subscriptions.map(entry => entry.isCancelled),
      [true, true],
    );
    assert.deepEqual([frames, late, held(), subscriptions.size], [[], [], 0, 0]);
  });
});
