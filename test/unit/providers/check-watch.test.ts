import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CheckWatch } from '../../../src/providers/check-watch.ts';

describe('CheckWatch', () => {
  it('lets one check run at a time, with a pause after it', () => {
    const checks = new CheckWatch();
    assert.deepEqual([checks.mayBegin(0), checks.isRecent(0)], [true, false]);
    checks.began();
    assert.deepEqual([checks.mayBegin(10_000), checks.isRecent(10_000)], [false, true]);
    checks.ended(10_000);
    assert.deepEqual([checks.mayBegin(10_249), checks.mayBegin(10_250)], [false, true]);
  });

  it('gives a verdict the time to take effect, which checks that nobody waits for need not', () => {
    const checks = new CheckWatch();
    checks.ended(100);
    assert.equal(checks.isRecent(100), false);
    checks.began();
    checks.ended(200);
    assert.deepEqual([checks.isRecent(249), checks.isRecent(250)], [true, false]);
  });
});
