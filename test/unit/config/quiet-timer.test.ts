import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QuietTimer } from '../../../src/config/quiet-timer.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('QuietTimer', () => {
  const create = () => {
    const clock = new ManualClock();
    const calls: number[] = [];
    const timer = new QuietTimer(
      { quietMs: 1000, longestMs: 10_000, onQuiet: () => calls.push(clock.now()) },
      { clock },
    );
    return { clock, calls, timer };
  };

  it('calls back once, a quiet time after the last event', () => {
    const { clock, calls, timer } = create();
    timer.touch();
    clock.advance(700);
    timer.touch();
    clock.advance(999);
    assert.deepEqual(calls, []);
    clock.advance(5000);
    assert.deepEqual(calls, [1700]);
  });

  it('calls back within the longest time when events never end, and goes on afterwards', () => {
    const { clock, calls, timer } = create();
    for (let i = 0; i < 50; i++) {
      timer.touch();
      clock.advance(500);
    }
    assert.deepEqual(calls, [10_000, 20_000]);
  });

  it('calls nobody after it was cancelled', () => {
    const { clock, calls, timer } = create();
    timer.touch();
    timer.cancel();
    clock.advance(20_000);
    assert.deepEqual([calls.length, clock.pendingCount], [0, 0]);
  });
});
