/** `failover.retry_budget`. */
export interface RetryBudgetOptions {
  /** Retries and hedges in flight, as a share of the requests in flight. @default 0.2 */
  readonly ratio: number;
  /** Retries that are always allowed. @default 3 */
  readonly minimum: number;
  /** Requests that may wait for their turn to retry; one more is told to give up. */
  readonly maxWaiting: number;
}

/**
 * Bounds retries to a share of the requests in flight, so that failover cannot finish the last healthy provider.
 * A request whose retry has no room waits for its turn rather than fail. https://sre.google/sre-book/handling-overload/
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #waiting = new Set<() => void>();
  #active = 0;
  #retries = 0;

  constructor(options: RetryBudgetOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active;
  }

  get retries(): number {
    return this.#retries;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  requestStarted(): void {
    this.#active++;
  }

  requestEnded(): void {
    this.#active--;
  }

  /** Takes one retry if there is room now. */
  tryTake(): boolean {
    if (this.#retries >= Math.max(this.#options.minimum, this.#options.ratio * this.#active)) return false;
    this.#retries++;
    return true;
  }

  /** Runs `whenTaken` once a retry is taken for it. Returns undefined when too many wait already, else a way to leave the queue. */
  wait(whenTaken: () => void): (() => void) | undefined {
    if (this.#waiting.size >= this.#options.maxWaiting) return undefined;
    this.#waiting.add(whenTaken);
    return () => this.#waiting.delete(whenTaken);
  }

  /** Gives a retry back; the one that waits longest takes it. */
  release(): void {
    this.#retries--;
    for (const whenTaken of this.#waiting) {
      if (!this.tryTake()) return;
      this.#waiting.delete(whenTaken);
      whenTaken();
    }
  }
}
