import type { Clock } from '../../clock/clock.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { pipelineMetrics } from '../metrics.ts';

export interface LruCacheOptions {
  /** The chain that it is of, by name. */
  readonly chain: string;
  /** The value of its metrics' label. */
  readonly name: 'accounts' | 'programs';
  /** Entries; beyond it the one that was used longest ago goes. */
  readonly max: number;
  /** Milliseconds after which an entry is looked up anew. */
  readonly ttlMs: number;
}

export interface LruCacheDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
}

/** Values by key: those that were used last, for a time. Look-ups of one key at the same time are one. */
export class LruCache<Value> {
  readonly #options: LruCacheOptions;
  readonly #clock: Clock;
  /** Least recently used first. */
  readonly #entries = new Map<string, { value: Value; expiresAt: number }>();
  readonly #loading = new Map<string, Promise<Value>>();
  readonly #hits: CounterCell;
  readonly #misses: CounterCell;
  readonly #evictions: CounterCell;

  constructor(options: LruCacheOptions, { clock, metrics }: LruCacheDependencies) {
    const labels = { chain: options.chain, cache: options.name };
    this.#options = options;
    this.#clock = clock;
    this.#hits = metrics.counter(pipelineMetrics.cacheHits, labels);
    this.#misses = metrics.counter(pipelineMetrics.cacheMisses, labels);
    this.#evictions = metrics.counter(pipelineMetrics.cacheEvictions, labels);
    metrics.gauge(pipelineMetrics.cacheEntries, labels, () => this.#entries.size);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is known of a key, without a look-up and without counting as a use. */
  peek(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresAt <= this.#clock.now() ? undefined : entry.value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + this.#options.ttlMs });
    if (this.#entries.size <= this.#options.max) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest!);
    this.#evictions.inc();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** The value of a key, looked up by `load` where it is not known; a rejection is not kept. */
  get(key: string, load: () => Promise<Value>): Promise<Value> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.expiresAt > this.#clock.now()) {
      this.#hits.inc();
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      return Promise.resolve(entry.value);
    }
    this.#misses.inc();
    const known = this.#loading.get(key);
    if (known !== undefined) return known;
    const loading = load().then(
      value => {
        this.#loading.delete(key);
        this.set(key, value);
        return value;
      },
      (error: unknown) => {
        this.#loading.delete(key);
        throw error;
      },
    );
    this.#loading.set(key, loading);
    return loading;
  }
}
