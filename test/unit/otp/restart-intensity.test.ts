import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartIntensity } from '../../../src/otp/restart-intensity.ts';

test('allows intensity restarts within the period, and forgets those that are older', () => {
  const window = new RestartIntensity();
  assert.deepEqual(
    [0, 10, 20, 100, 101, 111].map(now => window.add(now, 2, 100)),
    [true, true, false, false, true, true],
  );
});

test('intensity 0 allows none', () => {
  assert.equal(new RestartIntensity().add(0, 0, 1_000), false);
});
