import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deadline, DeadlineWheel } from '../../../src/clock/deadline-wheel.ts';
import { ManualClock } from '../../support/manual-clock.ts';

class Recorded extends Deadline {
  readonly at: number[] = [];
  readonly #clock: ManualClock;
  readonly #then: () => void;

  constructor(clock: ManualClock, then: () => void = () => {}) {
    super();
    this.#clock = clock;
    this.#then = then;
  }

  override onDeadline(): void {
    this.at.push(this.#clock.now());
    this.#then();
  }
}

function setUp() {
  const clock = new ManualClock();
  return { clock, wheel: new DeadlineWheel(clock, 10) };
}

describe('DeadlineWheel', () => {
  it('calls an entry once, never early and at most one tick late', () => {
    const { clock, wheel } = setUp();
    for (const delay of [0, 1, 9, 10, 11, 500, 5119, 5120, 5121, 18_000]) {
      const entry = new Recorded(clock);
      const start = clock.now();
      wheel.add(entry, delay, start);
      clock.advance(delay + 30);
      assert.equal(entry.at.length, 1, `delay ${delay}`);
      assert.ok(
        entry.at[0]! - start >= delay && entry.at[0]! - start <= delay + 10,
        `delay ${delay} at ${entry.at[0]! - start}`,
      );
    }
  });

  it('does not call an entry that was removed, and removing twice is harmless', () => {
    const { clock, wheel } = setUp();
    const entry = new Recorded(clock);
    wheel.add(entry, 100, clock.now());
    wheel.remove(entry);
    wheel.remove(entry);
    clock.advance(1000);
    assert.deepEqual(entry.at, []);
    assert.equal(wheel.size, 0);
  });

  it('keeps entries of later rounds that share a slot with a due one', () => {
    const { clock, wheel } = setUp();
    const near = new Recorded(clock);
    const far = new Recorded(clock);
    wheel.add(far, 100 + 5120, clock.now());
    wheel.add(near, 100, clock.now());
    clock.advance(200);
    assert.equal(near.at.length, 1);
    assert.equal(far.at.length, 0);
    clock.advance(5120);
    assert.equal(far.at.length, 1);
  });

  it('lets a callback remove and add others', () => {
    const { clock, wheel } = setUp();
    const victim = new Recorded(clock);
    const late = new Recorded(clock);
    const first = new Recorded(clock, () => {
      wheel.remove(victim);
      wheel.add(late, 50, clock.now());
    });
    wheel.add(first, 100, clock.now());
    wheel.add(victim, 100, clock.now());
    clock.advance(300);
    assert.equal(first.at.length, 1);
    assert.equal(victim.at.length, 0);
    assert.equal(late.at.length, 1);
  });

  it('runs no timer while nothing waits', () => {
    const { clock, wheel } = setUp();
    const entry = new Recorded(clock);
    wheel.add(entry, 20, clock.now());
    assert.equal(clock.pendingCount, 1);
    clock.advance(100);
    assert.equal(clock.pendingCount, 0);
  });

  it('finds everything that is due after a stall of the event loop longer than a round', () => {
    let now = 0;
    let tick = () => {};
    const clock = new ManualClock();
    const stalled = Object.assign(Object.create(clock) as ManualClock, {
      now: () => now,
      setInterval: (callback: () => void) => {
        tick = callback;
        return 1;
      },
      clearInterval: () => {},
    });
    const wheel = new DeadlineWheel(stalled, 10);
    const entries = [5, 2000, 5100, 5130, 19_990].map(delay => {
      const entry = new Recorded(clock);
      wheel.add(entry, delay, 0);
      return entry;
    });
    const later = new Recorded(clock);
    wheel.add(later, 21_000, 0);
    now = 20_000;
    tick();
    assert.deepEqual(
      entries.map(entry => entry.at.length),
      [1, 1, 1, 1, 1],
    );
    assert.equal(later.at.length, 0);
  });

  it('ignores a jump of the wall clock', () => {
    const { clock, wheel } = setUp();
    const entry = new Recorded(clock);
    wheel.add(entry, 1000, clock.now());
    clock.jumpWall(3_600_000);
    clock.advance(500);
    clock.jumpWall(-7_200_000);
    assert.equal(entry.at.length, 0);
    clock.advance(600);
    assert.equal(entry.at.length, 1);
  });
});
