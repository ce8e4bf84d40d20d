import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyHistogram } from '../../../../bench/harness/latency-histogram.ts';

test('quantiles over two histograms are those of all latencies, to 50 µs', () => {
  const [one, other] = [new LatencyHistogram(), new LatencyHistogram()];
  for (let ms = 1; ms <= 50; ms++) one.add(ms);
  for (let ms = 51; ms <= 100; ms++) other.add(ms);
  one.merge(other.counts());
  assert.equal(one.total, 100);
  assert.ok(Math.abs(one.quantile(0.5) - 50) <= 0.1);
  assert.ok(Math.abs(one.quantile(0.99) - 99) <= 0.1);
});

test('what is out of range counts at its end, and nothing has no quantile', () => {
  const histogram = new LatencyHistogram();
  assert.ok(Number.isNaN(histogram.quantile(0.5)));
  histogram.add(-1);
  histogram.add(1e9);
  assert.equal(histogram.total, 2);
  assert.ok(histogram.quantile(1) <= 20_000);
});
