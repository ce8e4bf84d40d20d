/** Between two checks that calls ask for lie at least this many milliseconds. */
const pauseMs = 250;
/** A verdict takes effect within this many milliseconds: the breaker is to hear of it. */
const effectMs = 50;

/** Whether a provider that is down is being checked at the moment, for calls that wait for the verdict. */
export class CheckWatch {
  #isRunning = false;
  #endedAt = Number.NEGATIVE_INFINITY;

  began(): void {
    this.#isRunning = true;
  }

  /** Its verdict is in, or its process is gone. */
  ended(now: number): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#endedAt = now;
  }

  /** Whether one may be asked for. */
  mayBegin(now: number): boolean {
    return !this.#isRunning && now - this.#endedAt >= pauseMs;
  }

  /** Whether one runs, or has ended just now. */
  isRecent(now: number): boolean {
    return this.#isRunning || now - this.#endedAt < effectMs;
  }
}
