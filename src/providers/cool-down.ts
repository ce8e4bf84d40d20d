/** How long a rate-limited provider is left alone. */
export interface CoolDownOptions {
  /** Milliseconds after the first limit when the provider names no time. @default 1000 */
  readonly initialMs: number;
  /** Milliseconds at most, whatever the provider asks for. @default 60000 */
  readonly maxMs: number;
  /** Share by which a time of ours varies, so that many Trunklines do not come back together. @default 0.1 */
  readonly jitter: number;
}

/** Whether a provider that limits our rate is left alone now. Doubles with each limit met after the last cool-down ended. */
export class CoolDown {
  readonly #options: CoolDownOptions;
  readonly #random: () => number;
  #until = 0;
  #nextMs: number;

  /** @param random Uniform in [0, 1). @default Math.random */
  constructor(options: CoolDownOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
    this.#nextMs = options.initialMs;
  }

  /** Monotonic time at which the provider may be asked again. */
  get until(): number {
    return this.#until;
  }

  isCooling(now: number): boolean {
    return now < this.#until;
  }

  /**
   * The provider refused a request for its rate.
   * @param retryAfterMs What it asked for; honoured up to the bound.
   */
  limited(now: number, retryAfterMs: number | undefined): void {
    const { maxMs, jitter } = this.#options;
    if (retryAfterMs !== undefined && retryAfterMs > 0) {
      // Never earlier than asked: the jitter only adds.
      const wait = Math.min(maxMs, retryAfterMs * (1 + jitter * this.#random()));
      this.#until = Math.max(this.#until, now + wait);
      return;
    }
    // The answers to what was in flight already belong to the same limit.
    if (this.isCooling(now)) return;
    this.#until = now + Math.min(maxMs, this.#nextMs * (1 + jitter * (2 * this.#random() - 1)));
    this.#nextMs = Math.min(maxMs, this.#nextMs * 2);
  }

  /** A request sent at `sentAt` was served: after a cool-down this ends the doubling. */
  served(sentAt: number): void {
    if (sentAt >= this.#until) this.#nextMs = this.#options.initialMs;
  }
}

/**
 * Milliseconds that a `Retry-After` header asks for; `undefined`: none, or not one. https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 * @param wallNow For the form that is a date.
 */
export function retryAfterMs(header: string | string[] | undefined, wallNow: number): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}(\.\d+)?\s*$/.test(value)) return Number(value) * 1000;
  // Date.parse makes a year of almost any number: only what begins with a day's name is a date here.
  const date = /^\s*[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNow);
}
