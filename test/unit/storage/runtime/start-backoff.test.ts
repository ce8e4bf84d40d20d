import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartBackoff } from '../../../../src/storage/runtime/start-backoff.ts';

describe('the pauses between starts', () => {
  it('grow from none over 1 s to 30 s while nothing lasts', () => {
    const backoff = new StartBackoff();
    const delays = Array.from({ length: 10 }, (_, i) => {
      const delayMs = backoff.next(i * 1_000);
      backoff.started(i * 1_000);
      return delayMs;
    });
    assert.deepEqual(delays, [0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert.equal(backoff.failures, 9);
  });

  it('begin anew after a minute of running', () => {
    const backoff = new StartBackoff();
    for (let i = 0; i < 6; i++) backoff.next(0);
    backoff.started(0);
    assert.equal(backoff.next(59_999), 16_000);
    backoff.started(100_000);
    assert.equal(backoff.next(160_000), 0);
    backoff.started(160_000);
    assert.equal(backoff.next(161_000), 1_000);
  });

  it('count starts that failed, however long they took', () => {
    const backoff = new StartBackoff();
    backoff.next(0);
    backoff.started(0);
    assert.deepEqual([backoff.next(1_000), backoff.next(200_000), backoff.next(400_000)], [0, 1_000, 2_000]);
  });
});
