import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LatencySketch } from '../../../src/providers/latency-sketch.ts';
import { MethodScores } from '../../../src/providers/method-scores.ts';

describe('LatencySketch', () => {
  it('estimates median and 95th percentile within 10 % over five orders of magnitude', () => {
    for (const scale of [0.1, 1, 10, 100, 1000, 10_000]) {
      const sketch = new LatencySketch();
      for (let i = 0; i < 400; i++) sketch.observe(scale * (0.5 + ((i * 37) % 400) / 400));
      assert.ok(Math.abs(sketch.p50 / scale - 1) < 0.1, `p50 ${sketch.p50} of ${scale}`);
      assert.ok(Math.abs(sketch.p95 / scale - 1.45) < 0.15, `p95 ${sketch.p95} of ${scale}`);
    }
  });

  it('forgets: after a change of speed the newest thousand observations decide', () => {
    const sketch = new LatencySketch();
    for (let i = 0; i < 5000; i++) sketch.observe(10);
    for (let i = 0; i < 1500; i++) sketch.observe(200);
    assert.ok(sketch.p50 > 180, String(sketch.p50));
  });

  it('takes zero, huge and infinite latencies', () => {
    const sketch = new LatencySketch();
    for (const latency of [0, 1e12, Number.POSITIVE_INFINITY]) sketch.observe(latency);
    assert.ok(Number.isFinite(sketch.p95));
  });
});

describe('MethodScores', () => {
  it('averages latency and errors with the newest observations weighing most', () => {
    const scores = new MethodScores();
    scores.answer('eth_call', 100);
    assert.equal(scores.of('eth_call').latencyMs, 100);
    for (let i = 0; i < 25; i++) scores.answer('eth_call', 10);
    for (let i = 0; i < 25; i++) scores.wait('eth_call', 10, true);
    assert.ok(scores.of('eth_call').latencyMs < 11);
    assert.ok(scores.of('eth_call').errorRate > 0.9);
  });

  it('averages the waits that were given up with the answers, and tells from the answers alone what is usual', () => {
    const scores = new MethodScores();
    for (let i = 0; i < 20; i++) scores.answer('eth_call', 10);
    for (let i = 0; i < 200; i++) scores.wait('eth_call', 3000, false);
    assert.ok(scores.of('eth_call').latencyMs > 2900);
    assert.ok(scores.of('eth_call').sketch.p95 < 11, `${scores.of('eth_call').sketch.p95} ms`);
    assert.ok(scores.all.sketch.p95 < 11, `${scores.all.sketch.p95} ms`);
  });

  it('answers for a method it never saw with the score over all methods', () => {
    const scores = new MethodScores();
    assert.equal(scores.known('eth_call').latencyMs, 0);
    scores.answer('eth_getLogs', 40);
    assert.equal(scores.known('eth_call').latencyMs, 40);
    assert.equal(scores.known('eth_getLogs').latencyMs, 40);
  });

  it('keeps the average latency when a request fails without a wait', () => {
    const scores = new MethodScores();
    scores.answer('eth_call', 100);
    scores.fail('eth_call');
    assert.equal(scores.of('eth_call').latencyMs, 100);
    assert.ok(scores.of('eth_call').errorRate > 0);
  });

  it('scores a bounded number of methods apart, the rest as "other"', () => {
    const scores = new MethodScores();
    for (let i = 0; i < 500; i++) scores.answer(`method_${i}`, 5);
    assert.notEqual(scores.of('method_1'), scores.of('other'));
    assert.equal(scores.of('method_499'), scores.of('other'));
    assert.equal(scores.of('method_400').count, 500 - 63);
  });
});
