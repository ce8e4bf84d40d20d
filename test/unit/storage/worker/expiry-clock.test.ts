import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ExpiryClock } from '../../../../src/storage/worker/expiry-clock.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

it('goes on evenly from the wall clock at its start, whatever the wall clock does after', () => {
  const clock = new ManualClock();
  const start = clock.wallNow();
  const expiryClock = new ExpiryClock(clock);
  assert.equal(expiryClock.now(), start);
  clock.jumpWall(3_600_000);
  clock.advance(1_000);
  assert.equal(expiryClock.now(), start + 1_000);
  clock.jumpWall(-7_200_000);
  clock.advance(1_000);
  assert.equal(expiryClock.now(), start + 2_000);
});

it('goes on with the time of an earlier one when it is told how far the wall clock has jumped', () => {
  const clock = new ManualClock();
  const first = new ExpiryClock(clock);
  clock.jumpWall(3_600_000);
  const second = new ExpiryClock(clock, -3_600_000);
  clock.advance(500);
  assert.equal(second.now(), first.now());
});
