import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReaderScaling } from '../../../../src/storage/runtime/reader-scaling.ts';

const options = { min: 0, max: 3, scaleUpAt: 500, scaleDownAt: 50, cooldownMs: 10_000 };

/** Runs intervals of a second, each with a constant number of pending reads, and returns the readers after each. */
function run(pending: readonly number[], given = options): number[] {
  const scaling = new ReaderScaling(given);
  let readers = given.min;
  return pending.map((depth, second) => {
    for (let i = 0; i < 10; i++) scaling.sample(depth);
    const now = second * 1_000;
    const decision = scaling.evaluate(now, readers);
    if (decision !== 'stay') {
      readers += decision === 'up' ? 1 : -1;
      scaling.changed(now);
    }
    return readers;
  });
}

const times = (count: number, depth: number) => Array.from({ length: count }, () => depth);

describe('the scaling of readers', () => {
  it('adds one under load, and the next only after the pause', () => {
    const readers = run(times(25, 2_000));
    assert.deepEqual(readers, [...times(10, 1), ...times(10, 2), ...times(5, 3)]);
  });

  it('goes by the depth per thread: what one reader more bears is enough', () => {
    // 800 in all are too many for the writer alone and for one reader, not for two.
    assert.deepEqual(run(times(40, 800)).at(-1), 2);
  });

  it('never exceeds the maximum, and does nothing when that is 0', () => {
    assert.equal(Math.max(...run(times(100, 1_000_000))), 3);
    assert.equal(Math.max(...run(times(100, 1_000_000), { ...options, max: 0 })), 0);
  });

  it('takes one away after three quiet intervals and the pause, down to the minimum', () => {
    const readers = run([...times(11, 2_000), ...times(40, 0)]);
    assert.equal(readers[10], 2);
    // Both came by second 10, so the pause ends in second 20; the quiet since then is long enough.
    assert.deepEqual([readers[19], readers[20], readers[29], readers[30], readers.at(-1)], [2, 1, 1, 0, 0]);
    assert.equal(run([...times(11, 2_000), ...times(60, 0)], { ...options, min: 1 }).at(-1), 1);
  });

  it('stays when quiet is interrupted, and between the thresholds', () => {
    const flicker = Array.from({ length: 40 }, (_, second) => (second % 3 === 2 ? 100 : 0));
    assert.deepEqual(new Set(run([...times(10, 600), ...flicker])), new Set([1]));
    assert.deepEqual(new Set(run([...times(10, 600), ...times(40, 200)])), new Set([1]));
  });

  it('does not go back and forth around a steady load', () => {
    for (const load of [0, 49, 51, 300, 499, 501, 999, 1_001, 1_499, 1_501, 5_000]) {
      const readers = run(times(120, load));
      const changes = readers.filter((count, i) => i > 0 && count !== readers[i - 1]).length;
      assert.ok(changes <= 3, `${changes} changes at ${load}`);
      assert.equal(new Set(readers.slice(60)).size, 1, `steady at ${load}`);
    }
  });

  it('goes by the mean over the interval, not by a peak', () => {
    const scaling = new ReaderScaling(options);
    scaling.sample(4_000);
    for (let i = 0; i < 9; i++) scaling.sample(0);
    assert.equal(scaling.evaluate(0, 0), 'stay');
    for (let i = 0; i < 10; i++) scaling.sample(501);
    assert.equal(scaling.evaluate(1_000, 0), 'up');
  });
});
