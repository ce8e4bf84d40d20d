import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarginHistogram } from '../../../src/aggregation/margin-histogram.ts';

test('an empty histogram has quantiles of 0', () => {
  assert.deepEqual(new MarginHistogram().summary(), { count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
});

test('quantiles are at most a quarter above the true ones and never above the maximum', () => {
  const histogram = new MarginHistogram();
  for (let ms = 1; ms <= 1000; ms++) histogram.observe(ms);
  for (const q of [0.1, 0.5, 0.9, 0.99]) {
    const found = histogram.quantile(q);
    assert.ok(found >= q * 1000 && found <= q * 1250, `${q}: ${found}`);
  }
  assert.equal(histogram.quantile(1), 1000);
});

test('margins beyond the last bucket and below the first one are counted', () => {
  const histogram = new MarginHistogram();
  histogram.observe(10_000_000);
  histogram.observe(-5);
  assert.deepEqual(histogram.summary(), {
    count: 2,
    p50: 0.05,
    p90: 10_000_000,
    p99: 10_000_000,
    max: 10_000_000,
  });
});
