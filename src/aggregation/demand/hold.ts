/** A claim of at least this outlives a restart of Trunkline. */
export const durableMs = 60_000;

/** The claims on one thing, one after the other and at once: it is held without a break from the first to the last. */
export class Hold {
  #since: number;
  #claims = 0;
  #durableClaims = 0;
  #keptUntil = 0;
  #durableUntil = 0;

  constructor(since: number) {
    this.#since = since;
  }

  /** The offset after which events of it have been gathered without a break. */
  get since(): number {
    return this.#since;
  }

  /** It has been held since then, by an earlier run. */
  extend(since: number): void {
    this.#since = Math.min(this.#since, since);
  }

  claim(keepMs: number): void {
    this.#claims++;
    if (keepMs >= durableMs) this.#durableClaims++;
  }

  release(keepMs: number, now: number): void {
    this.#claims--;
    if (keepMs >= durableMs) this.#durableClaims--;
    this.keep(keepMs, now);
  }

  /** Holds it for `keepMs` from now on, as after the release of a claim. */
  keep(keepMs: number, now: number): void {
    this.#keptUntil = Math.max(this.#keptUntil, now + keepMs);
    if (keepMs >= durableMs) this.#durableUntil = Math.max(this.#durableUntil, now + keepMs);
  }

  /** Somebody claims it now; otherwise it only lingers. */
  get isClaimed(): boolean {
    return this.#claims > 0;
  }

  isHeld(now: number): boolean {
    return this.#claims > 0 || now < this.#keptUntil;
  }

  /** Whether a snapshot may name it. */
  get wasDurable(): boolean {
    return this.#durableClaims > 0 || this.#durableUntil > 0;
  }

  /** Whether it is to be held after a restart as well. */
  isDurable(now: number): boolean {
    return this.#durableClaims > 0 || now < this.#durableUntil;
  }
}
