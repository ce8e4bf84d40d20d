/** How long a client waits before it connects again. */
export interface ReconnectOptions {
  /** Milliseconds before the second attempt; doubled with every further one. @default 250 */
  readonly minDelayMs?: number | undefined;
  /** Milliseconds that no wait exceeds. @default 15000 */
  readonly maxDelayMs?: number | undefined;
}

/** Waits that double, each shortened by up to a half at random, so that many clients do not come back at once. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ minDelayMs = 250, maxDelayMs = 15_000 }: ReconnectOptions, random: () => number) {
    this.#minMs = Math.max(1, minDelayMs);
    this.#maxMs = Math.max(this.#minMs, maxDelayMs);
    this.#random = random;
  }

  /** Attempts that failed since the last `reset`. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const full = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts++;
    return full * (1 - this.#random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
