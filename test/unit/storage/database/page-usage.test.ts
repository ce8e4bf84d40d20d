import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageUsage } from '../../../../src/storage/database/check/page-usage.ts';

test('a page is claimed once, and only when there is one', () => {
  const usage = new PageUsage(100);
  assert.equal(usage.claim(2, 3), -1);
  assert.equal(usage.claim(4, 1), 4);
  assert.equal(usage.claim(99, 1), -1);
  assert.equal(usage.unclaimed(2), 94);
  for (const page of [-1, 0, 1, 100, 2 ** 60, Number.POSITIVE_INFINITY]) {
    assert.equal(usage.claim(page, 1), page);
  }
  for (const count of [95, 2 ** 60, Number.POSITIVE_INFINITY]) assert.equal(usage.claim(10, count), 100);
  assert.equal(usage.unclaimed(2), 94);
});
