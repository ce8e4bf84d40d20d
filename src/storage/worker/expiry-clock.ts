import type { Clock } from '../../clock/clock.ts';

/**
 * The time that expiries are compared with: the wall clock at the start, from then on the monotonic clock. A jump of the
 * wall clock neither ends keys early nor keeps them longer while the thread runs.
 *
 * `offsetMs`: what the wall clock has jumped back since the first thread was started, so that a later one goes on with
 * the time of those before. @default 0
 */
export class ExpiryClock {
  readonly #clock: Clock;
  readonly #origin: number;

  constructor(clock: Clock, offsetMs = 0) {
    this.#clock = clock;
    this.#origin = clock.wallNow() + offsetMs - clock.now();
  }

  /** Milliseconds since the Unix epoch, whole. */
  now(): number {
    return Math.floor(this.#origin + this.#clock.now());
  }
}
