import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile } from '../../../../bench/harness/statistics.ts';

test('the median of an odd number of values is the middle one, by size and not by digits', () => {
  assert.equal(median([10, 9, 100]), 10);
});

test('the median of an even number of values is the mean of the two in the middle', () => {
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test('a quantile is the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(
    [0, 0.5, 0.99, 1].map(q => quantile(values, q)),
    [1, 50, 99, 100],
  );
});

test('a quantile of nothing is not a number', () => {
  assert.ok(Number.isNaN(quantile([], 0.5)));
});
