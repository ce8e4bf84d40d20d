/** How long to wait before a storage thread is started again. */
export interface StartBackoffOptions {
  /** Milliseconds before the second start in a row; doubles from there. @default 1000 */
  readonly minDelayMs: number;
  /** @default 30000 */
  readonly maxDelayMs: number;
  /** Milliseconds that a thread has to run for the next one to be started at once. @default 60000 */
  readonly stableAfterMs: number;
}

/** Waits that bound how often anything is restarted, whatever ends it: at once the first time, 1 s, doubling to 30 s. */
export const startBackoffDefaults: StartBackoffOptions = {
  minDelayMs: 1_000,
  maxDelayMs: 30_000,
  stableAfterMs: 60_000,
};

/** Counts starts that did not last. */
export class StartBackoff {
  readonly #options: StartBackoffOptions;
  /** Starts in a row that were not followed by a stable run, the current one included. */
  #starts = 0;
  #startedAt: number | undefined;

  constructor(options: StartBackoffOptions = startBackoffDefaults) {
    this.#options = options;
  }

  /** Restarts in a row that did not last. */
  get failures(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** A start is due at `now`: milliseconds to wait before it. */
  next(now: number): number {
    const { minDelayMs, maxDelayMs, stableAfterMs } = this.#options;
    if (this.#startedAt !== undefined && now - this.#startedAt >= stableAfterMs) this.#starts = 1;
    this.#startedAt = undefined;
    this.#starts++;
    if (this.#starts <= 2) return 0;
    return Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(30, this.#starts - 3));
  }

  /** What was started runs since `now`. */
  started(now: number): void {
    this.#startedAt = now;
  }
}
