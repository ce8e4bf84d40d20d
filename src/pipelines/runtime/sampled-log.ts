import type { Clock } from '../../clock/clock.ts';
import type { Log, LogFields } from '../../telemetry/log.ts';

const quietMs = 10_000;

/** Log lines that could come with every update: of each message one in 10 s, with how many there were since. */
export class SampledLog {
  readonly #log: Log;
  readonly #clock: Clock;
  /** By message, of which the house has few. */
  readonly #seen = new Map<string, { quietUntil: number; left: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param message one of a few constant ones */
  warn(message: string, fields: LogFields): void {
    const now = this.#clock.now();
    const seen = this.#seen.get(message);
    if (seen !== undefined && now < seen.quietUntil) {
      seen.left++;
      return;
    }
    this.#log.warn(message, seen === undefined || seen.left === 0 ? fields : { ...fields, alike: seen.left });
    this.#seen.set(message, { quietUntil: now + quietMs, left: 0 });
  }
}
