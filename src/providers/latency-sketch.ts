/** Lowest latency told apart, in milliseconds. */
const FLOOR_MS = 0.05;
/** Each bucket's bound over the one before: an estimate is off by 7 % at most. */
const GROWTH = 1.15;
const BUCKETS = 112;
/** At this many observations all counts are halved, so that the newest few hundred decide. */
const HALVE_AT = 512;
/** Estimates are renewed after this many observations: reading them is a plain read. */
const RENEW_EVERY = 16;

const LOG_GROWTH = Math.log(GROWTH);

/** Median and 95th percentile of recent latencies, in constant space. */
export class LatencySketch {
  /** Milliseconds; 0 before the first observation. */
  p50 = 0;
  /** Milliseconds; 0 before the first observation. */
  p95 = 0;
  readonly #counts = new Uint16Array(BUCKETS);
  #total = 0;
  #sinceRenewal = 0;

  observe(latencyMs: number): void {
    const bucket = latencyMs <= FLOOR_MS ? 0 : Math.ceil(Math.log(latencyMs / FLOOR_MS) / LOG_GROWTH);
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.#total++;
    if (this.#total >= HALVE_AT) this.#halve();
    // While there are few observations each one matters.
    if (++this.#sinceRenewal >= RENEW_EVERY || this.#total < RENEW_EVERY) this.#renew();
  }

  #renew(): void {
    this.#sinceRenewal = 0;
    this.p50 = this.#quantile(0.5);
    this.p95 = this.#quantile(0.95);
  }

  #quantile(q: number): number {
    const rank = q * this.#total;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return FLOOR_MS * GROWTH ** (bucket - 0.5);
    }
    return FLOOR_MS * GROWTH ** BUCKETS;
  }

  #halve(): void {
    this.#total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] = this.#counts[bucket]! >> 1;
      this.#total += this.#counts[bucket]!;
    }
  }
}
