/** What a histogram of margins tells; all in milliseconds. */
export interface MarginSummary {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const bucketCount = 64;
const smallestMs = 0.05;
const growth = 1.25;
const logGrowth = Math.log(growth);

/**
 * Counts durations in 64 geometric buckets from 0.05 ms to about 80 s: half a kilobyte, whatever the number of
 * observations, and a quantile that is at most 25 % above the true one.
 */
export class MarginHistogram {
  readonly #buckets = new Float64Array(bucketCount);
  #count = 0;
  #max = 0;

  observe(ms: number): void {
    const value = Math.max(ms, 0);
    const bucket = value <= smallestMs ? 0 : Math.ceil(Math.log(value / smallestMs) / logGrowth);
    this.#buckets[bucket < bucketCount ? bucket : bucketCount - 1]!++;
    this.#count++;
    if (value > this.#max) this.#max = value;
  }

  get count(): number {
    return this.#count;
  }

  /** The duration that a share `q` (0 to 1) of the observations does not exceed; 0 without observations. */
  quantile(q: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount - 1; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen >= wanted) return Math.min(this.#max, smallestMs * growth ** bucket);
    }
    return this.#max;
  }

  summary(): MarginSummary {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      max: this.#max,
    };
  }
}
