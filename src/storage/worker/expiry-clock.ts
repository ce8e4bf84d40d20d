import type { Clock } from '../../clock/clock.ts';

/**
 * The time that expiries are compared with: the wall clock at the start, from then on the monotonic clock. A jump of the
 * wall clock neither ends keys early nor keeps them longer while the thread runs.
 */
export class ExpiryClock {
  readonly #clock: Clock;
  readonly #origin: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.wallNow() - clock.now();
  }

  /** Milliseconds since the Unix epoch, whole. */
  now(): number {
    return Math.floor(this.#origin + this.#clock.now());
  }
}
