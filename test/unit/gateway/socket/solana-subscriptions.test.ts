import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aggregationErrors } from '../../../../src/aggregation/errors.ts';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { SocketSubscriptions } from '../../../../src/gateway/socket/subscriptions.ts';
import { FakeFeed, RecordedSink } from '../fake-feed.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { FakeHub, settle } from './fake-hub.ts';

const executed = '{"context":{"slot":5},"value":{"err":null}}';

function setUp() {
  const fake = new FakeChain();
  const chain = { ...fake.chain, family: solanaFamily };
  const hub = new FakeHub().putInto(chain);
  const feed = new FakeFeed();
  const sent: string[] = [];
  const failures: string[] = [];
  const subscriptions = new SocketSubscriptions(
    {
      feedSink: new RecordedSink(() => {}),
      send: frame => sent.push(frame.toString()),
      fail: message => failures.push(message),
      overflow: () => {},
      changed: () => {},
    },
    { limit: 10 },
    feed,
  );
  const call = (method: string, params?: string) => {
    const answers: CallAnswer[] = [];
    const { params: _none, ...bare } = fake.call(method, params);
    subscriptions.handle(
      { ...bare, params: params === undefined ? undefined : Buffer.from(params), chain },
      answer => answers.push(answer),
    );
    return answers;
  };
  const subscribed = async (method: string, params?: string) => {
    const answers = call(method, params);
    hub.last.accept();
    await settle();
    answers[0]!.afterSend?.();
    return answers[0]!.body.toString();
  };
  return { hub, feed, sent, failures, subscriptions, call, subscribed };
}

const bodyOf = (answers: readonly CallAnswer[]) => JSON.parse(answers[0]!.body.toString());

describe('SocketSubscriptions of Solana', () => {
  it('answers with small numbers, and notifies as a node does', async () => {
    const { hub, sent, subscribed, feed } = setUp();
    assert.match(await subscribed('slotSubscribe'), /"result":1\}/);
    assert.match(await subscribed('logsSubscribe', '["all"]'), /"result":2\}/);
    assert.deepEqual(
      hub.subscriptions.map(({ params }) => params),
      ['["slotSubscribe"]', '["logsSubscribe","all"]'],
    );
    hub.subscriptions[0]!.subscriber.onEvent(Buffer.from('{"slot": 1}'));
    hub.subscriptions[1]!.subscriber.onEvent(Buffer.from('{"x":18446744073709551615}'));
    assert.deepEqual(sent, [
      '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot": 1},"subscription":1}}',
      '{"jsonrpc":"2.0","method":"logsNotification","params":{"result":{"x":18446744073709551615},"subscription":2}}',
    ]);
    assert.equal(feed.subscriptions.length, 0);
  });

  it('ends a subscription with the method of any stream, once, and refuses as Agave does', async () => {
    const { hub, call, subscribed } = setUp();
    await subscribed('slotSubscribe');
    assert.equal(bodyOf(call('logsUnsubscribe', '[1]')).result, true);
    assert.equal(hub.last.isCancelled, true);
    for (const params of ['[1]', '["1"]', '[1.5]', '[]', '[99]']) {
      const { error } = bodyOf(call('slotUnsubscribe', params));
      assert.deepEqual([error.code, error.message], [-32602, 'Invalid subscription id.'], params);
    }
  });

  it('lets go of a signature that was told', async () => {
    const { hub, sent, call, subscribed, subscriptions, failures } = setUp();
    await subscribed('signatureSubscribe', '["sig"]');
    const { subscriber } = hub.last;
    subscriber.onEvent(Buffer.from(executed));
    subscriber.onComplete?.();
    assert.equal(sent.length, 1);
    assert.equal(subscriptions.size, 0);
    assert.equal(bodyOf(call('signatureUnsubscribe', '[1]')).error.message, 'Invalid subscription id.');
    assert.deepEqual(failures, []);
  });

  it('tells of a signature that was executed before the reply, behind it', async () => {
    const { hub, sent, call, subscriptions } = setUp();
    const answers = call('signatureSubscribe', '["sig"]');
    hub.emit(executed);
    hub.last.subscriber.onComplete?.();
    hub.last.accept();
    await settle();
    assert.deepEqual(sent, []);
    answers[0]!.afterSend?.();
    assert.equal(sent.length, 1);
    assert.equal(subscriptions.size, 0);
  });

  it('closes the socket when events are missing that nobody can tell', async () => {
    const { hub, subscribed, call, failures } = setUp();
    await subscribed('logsSubscribe', '["all"]');
    hub.last.subscriber.onGap?.();
    const reason = 'no provider carried a stream for a while: events may be missing, subscribe again';
    assert.deepEqual(failures, [reason]);
    await subscribed('slotSubscribe');
    call('slotUnsubscribe', '[2]');
    hub.last.subscriber.onGap?.();
    assert.equal(failures.length, 1, 'it was given up before');
  });

  it('says in the code and words of the providers why they refused', async () => {
    const { hub, call } = setUp();
    const answers = call('blockSubscribe', '["all"]');
    hub.last.refuse(
      new TrunklineError(aggregationErrors, 'stream_refused', 'refused: Method not found', {
        details: { rpcCode: -32601 },
      }),
    );
    await settle();
    const { error } = bodyOf(answers);
    assert.deepEqual(error, {
      code: -32601,
      message: 'refused: Method not found',
      data: { code: 'subscription_invalid' },
    });
  });

  it('refuses params that are no array, and methods of other families', () => {
    const { call, hub } = setUp();
    assert.equal(bodyOf(call('slotSubscribe', '{"a":1}')).error.code, -32602);
    assert.equal(bodyOf(call('eth_subscribe', '["newHeads"]')).error.code, -32602);
    assert.equal(hub.subscriptions.length, 0);
  });
});
