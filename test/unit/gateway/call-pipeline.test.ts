import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer } from '../../../src/gateway/call.ts';
import { CallPipeline } from '../../../src/gateway/call-pipeline.ts';
import { ownError } from '../../../src/gateway/own-answer.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { FakeFeed } from './fake-feed.ts';
import { FakeChain } from './routing/fake-chain.ts';

function setUp() {
  const fake = new FakeChain();
  const metrics = new PromMetricRegistry();
  const timersBefore = fake.clock.pendingCount;
  const pipeline = new CallPipeline(
    { maxConcurrent: 100 },
    { feed: new FakeFeed(), clock: fake.clock, metrics, random: () => 0.5 },
  );
  const send = (method: string, params = '[]') => {
    const answers: CallAnswer[] = [];
    pipeline.handle(fake.call(method, params), answer => answers.push(answer));
    return answers;
  };
  return { fake, metrics, pipeline, send, timers: () => fake.clock.pendingCount - timersBefore };
}

const code = (answers: readonly CallAnswer[]) => JSON.parse(answers[0]!.body.toString()).error?.data?.code;

describe('CallPipeline', () => {
  it('says that subscriptions need a WebSocket', () => {
    const { send } = setUp();
    assert.equal(code(send('eth_subscribe', '["newHeads"]')), 'subscriptions_need_websocket');
  });

  it('counts calls that the transport answers', async () => {
    const { fake, metrics, pipeline } = setUp();
    const subscribe = fake.call('eth_subscribe', '["newHeads"]');
    pipeline.handle(
      subscribe,
      () => {},
      (call, done) => {
        done(ownError(call.clientId, 'subscription_limit', 'no more'));
        return () => {};
      },
    );
    assert.match(
      await metrics.expose(),
      /requests_total\{chain="test",method="eth_subscribe",outcome="refused"\} 1/,
    );
  });

  it('looks after calls under way when the tuning of their chain changes, until the last has ended', async () => {
    const { fake, metrics, pipeline, send, timers } = setUp();
    const before = send('eth_chainId');
    pipeline.forget(fake.chain);
    const after = send('eth_chainId');
    assert.equal(timers(), 2, 'the old router sweeps beside the new one');
    fake.clock.advance(100_000);
    assert.deepEqual([code(before), code(after)], ['deadline_exceeded', 'deadline_exceeded']);
    assert.equal(timers(), 1, 'the old one has ended');
    assert.match(await metrics.expose(), /retries_waiting\{chain="test"\} 0/);
  });

  it('shows no metrics of a chain that was forgotten', async () => {
    const { fake, metrics, pipeline, send } = setUp();
    send('eth_chainId');
    assert.match(await metrics.expose(), /trunkline_filters\{chain="test"\} 0/);
    pipeline.forget(fake.chain);
    assert.doesNotMatch(await metrics.expose(), /(filters|retries_waiting|attempts_abandoned)\{/);
  });

  it('makes no router for a chain without providers', () => {
    const { fake, send, timers } = setUp();
    (fake.chain.table.providers as unknown as unknown[]).length = 0;
    fake.chain.unavailable = 'test is restarting';
    const answers = send('eth_chainId');
    assert.equal(code(answers), 'chain_unavailable');
    assert.match(answers[0]!.body.toString(), /test is restarting/);
    assert.equal(timers(), 0);
  });

  it('routes nothing once it is closed, and leaves no timer', () => {
    const { pipeline, send, timers } = setUp();
    send('eth_chainId');
    pipeline.close();
    assert.equal(timers(), 0);
    const answers = send('eth_chainId');
    assert.deepEqual([code(answers), answers[0]!.status, timers()], ['shutting_down', 503, 0]);
  });
});
