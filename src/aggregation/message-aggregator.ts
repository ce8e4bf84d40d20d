import type { EventKind } from '../chains/chain-family.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { aggregationMetrics } from './metrics.ts';
import { StreamWindow } from './stream-window.ts';
import { type ProviderWins, WinStatistics } from './win-statistics.ts';

/** The settings of `chains.<name>.aggregation` that concern de-duplication. */
export interface MessageAggregatorOptions {
  /** The chain's name, a metric label. */
  readonly chain: string;
  /** Keys remembered per distinct stream. @default 10000 */
  readonly maxCacheSize?: number;
  /** Milliseconds for which keys that no block anchors (pending transactions) are remembered. @default 2000 */
  readonly deduplicationWindowMs?: number;
  /** Share of a full window that is evicted at once. @default 0.1 */
  readonly evictionRatio?: number;
  /** Keys remembered over all streams; past it a window evicts instead of growing. @default 50 × maxCacheSize */
  readonly maxTotalEntries?: number;
}

/** What a chain's aggregator has seen since it was made. */
export interface AggregatorStats {
  /** First arrivals. */
  readonly misses: number;
  /** Duplicates. */
  readonly hits: number;
  readonly evictions: number;
  readonly expired: number;
  /** Keys held now. */
  readonly entries: number;
  /** Windows open now, one a distinct stream. */
  readonly windows: number;
  readonly providers: readonly ProviderWins[];
}

/**
 * Makes one sequence out of the streams of many providers: the first arrival of an event is forwarded, later ones
 * are recognised. Plain and synchronous; one a chain, owned by the chain's message_aggregator process.
 *
 * Each distinct stream has a window of its own, because the same log belongs to every filter that it matches and
 * a busy filter must not push a quiet one's keys out. Keys that a block anchors (block hash; block hash, log index
 * and removed) stay until capacity evicts them, so that a provider that lags by minutes repeats nothing; keys of
 * pending transactions are forgotten after the window. See docs/decisions/0010-deduplication-window.md.
 */
export class MessageAggregator {
  readonly #options: Required<MessageAggregatorOptions>;
  readonly #metrics: MetricRegistry;
  readonly #wins = new WinStatistics();
  readonly #windows = new Set<StreamWindow>();
  #reserved = 0;
  #closedHits = 0;
  #closedMisses = 0;
  #closedEvictions = 0;
  #closedExpired = 0;

  constructor(options: MessageAggregatorOptions, deps: { readonly metrics: MetricRegistry }) {
    const maxCacheSize = options.maxCacheSize ?? 10_000;
    this.#options = {
      chain: options.chain,
      maxCacheSize,
      deduplicationWindowMs: options.deduplicationWindowMs ?? 2000,
      evictionRatio: options.evictionRatio ?? 0.1,
      maxTotalEntries: options.maxTotalEntries ?? maxCacheSize * 50,
    };
    this.#metrics = deps.metrics;
    deps.metrics.gauge(aggregationMetrics.entries, { chain: options.chain }, () => this.#entries());
  }

  /** The small number that stands for a provider in `ingest`. */
  provider(id: string): number {
    return this.#wins.index(id);
  }

  /** Opens the window of one stream; with `heir`, it begins with the keys of a window of an earlier aggregator. */
  open(kind: EventKind, heir?: StreamWindow): StreamWindow {
    const { chain, maxCacheSize, deduplicationWindowMs, evictionRatio } = this.#options;
    const window = new StreamWindow(
      {
        chain,
        kind,
        capacity: maxCacheSize,
        windowMs: kind === 'pending' ? deduplicationWindowMs : Number.POSITIVE_INFINITY,
        evictionRatio,
        mayGrow: entries => this.#reserve(entries),
        onClose: () => this.#closed(window),
      },
      { metrics: this.#metrics, wins: this.#wins },
    );
    this.#windows.add(window);
    if (heir !== undefined) window.inherit(heir);
    return window;
  }

  stats(): AggregatorStats {
    let hits = this.#closedHits;
    let misses = this.#closedMisses;
    let evictions = this.#closedEvictions;
    let expired = this.#closedExpired;
    for (const window of this.#windows) {
      hits += window.hits;
      misses += window.misses;
      evictions += window.evictions;
      expired += window.expired;
    }
    const providers = this.#wins.snapshot();
    return {
      hits,
      misses,
      evictions,
      expired,
      entries: this.#entries(),
      windows: this.#windows.size,
      providers,
    };
  }

  #entries(): number {
    let entries = 0;
    for (const window of this.#windows) entries += window.size;
    return entries;
  }

  #reserve(entries: number): boolean {
    if (this.#reserved + entries > this.#options.maxTotalEntries) return false;
    this.#reserved += entries;
    return true;
  }

  #closed(window: StreamWindow): void {
    if (!this.#windows.delete(window)) return;
    this.#reserved -= window.grownBy;
    this.#closedHits += window.hits;
    this.#closedMisses += window.misses;
    this.#closedEvictions += window.evictions;
    this.#closedExpired += window.expired;
  }
}
