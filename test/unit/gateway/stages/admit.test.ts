import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer, CallHandler } from '../../../../src/gateway/call.ts';
import { AdmitStage } from '../../../../src/gateway/stages/admit.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { FakeChain } from '../routing/fake-chain.ts';

const answer = (outcome: CallAnswer['outcome'] = 'answered'): CallAnswer => ({
  body: Buffer.from('{}'),
  provider: 'p1',
  attempts: 1,
  asked: ['p1'],
  status: 200,
  outcome,
});

function setUp(maxConcurrent: number) {
  const fake = new FakeChain();
  const metrics = new PromMetricRegistry();
  const waiting: { done: (answer: CallAnswer) => void; isCancelled: boolean }[] = [];
  const next: CallHandler = (_call, done) => {
    const entry = { done, isCancelled: false };
    waiting.push(entry);
    return () => {
      entry.isCancelled = true;
    };
  };
  const stage = new AdmitStage(next, { maxConcurrent }, { clock: fake.clock, metrics });
  const send = (method = 'eth_chainId') => {
    const answers: CallAnswer[] = [];
    const cancel = stage.handle(fake.call(method), given => answers.push(given));
    return { answers, cancel };
  };
  return { fake, metrics, waiting, stage, send };
}

describe('AdmitStage', () => {
  it('refuses a call beyond the limit at once with 503, and counts it as shed', async () => {
    const { stage, send, waiting, metrics } = setUp(2);
    send();
    send();
    const { answers } = send();
    assert.equal(answers[0]?.status, 503);
    const { error } = JSON.parse(answers[0]!.body.toString());
    assert.deepEqual([error.code, error.data.code], [-32005, 'overloaded']);
    assert.equal(waiting.length, 2);
    assert.equal(stage.inFlight, 2);
    assert.match(await metrics.expose(), /requests_shed_total\{reason="max_concurrent_requests"\} 1/);
  });

  it('has room again once a call is answered or cancelled', () => {
    const { stage, send, waiting } = setUp(1);
    send();
    waiting[0]!.done(answer());
    assert.equal(stage.inFlight, 0);
    const { cancel } = send();
    cancel();
    assert.equal(stage.inFlight, 0);
    assert.equal(waiting[1]!.isCancelled, true);
    assert.equal(send().answers.length, 0, 'it was let in');
  });

  it('counts a call once, however often it is cancelled and answered afterwards', async () => {
    const { stage, send, waiting, metrics } = setUp(5);
    const { answers, cancel } = send();
    waiting[0]!.done(answer());
    waiting[0]!.done(answer());
    cancel();
    cancel();
    assert.equal(stage.inFlight, 0);
    assert.equal(answers.length, 1);
    assert.match(await metrics.expose(), /requests_total\{.*outcome="answered"\} 1/);
  });

  it('takes a changed limit over for the next call', () => {
    const { stage, send } = setUp(1);
    send();
    stage.maxConcurrent = 2;
    assert.equal(send().answers.length, 0);
    assert.equal(send().answers.length, 1);
  });

  it('counts by method and outcome, unknown methods as one', async () => {
    const { send, waiting, metrics, fake } = setUp(10);
    send('eth_chainId');
    send('evil_1');
    send('evil_2');
    fake.clock.advance(30);
    waiting[0]!.done(answer('upstream_error'));
    waiting[1]!.done(answer('failed'));
    waiting[2]!.done(answer('failed'));
    const text = await metrics.expose();
    assert.match(text, /requests_total\{chain="test",method="eth_chainId",outcome="upstream_error"\} 1/);
    assert.match(text, /requests_total\{chain="test",method="other",outcome="failed"\} 2/);
    assert.match(text, /duration_seconds_bucket\{le="0.025",chain="test",method="eth_chainId"\} 0/);
    assert.match(text, /duration_seconds_bucket\{le="0.05",chain="test",method="eth_chainId"\} 1/);
    assert.doesNotMatch(text, /evil/);
  });
});
