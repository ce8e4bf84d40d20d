const bucketMs = 0.05;
const buckets = 400_000;

/** Counts of latencies as they go from a process to another: pairs of bucket and count. */
export type LatencyCounts = readonly (readonly [bucket: number, count: number])[];

/** Latencies in buckets of 50 µs up to 20 s; a list of millions would be the slowest part of the benchmark. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  add(ms: number): void {
    this.#counts[Math.max(0, Math.min(buckets - 1, Math.floor(ms / bucketMs)))]!++;
    this.#total++;
  }

  merge(counts: LatencyCounts): void {
    for (const [bucket, count] of counts) {
      this.#counts[bucket]! += count;
      this.#total += count;
    }
  }

  get total(): number {
    return this.#total;
  }

  /** Milliseconds that a share `q` of the latencies does not exceed, to the end of its bucket. NaN of none. */
  quantile(q: number): number {
    const wanted = Math.max(1, Math.ceil(q * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return (bucket + 1) * bucketMs;
    }
    return Number.NaN;
  }

  counts(): LatencyCounts {
    const pairs: [number, number][] = [];
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) pairs.push([bucket, count]);
    return pairs;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
