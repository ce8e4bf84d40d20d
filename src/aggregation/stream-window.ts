import type { EventKind } from '../chains/chain-family.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../telemetry/metrics.ts';
import { DedupWindow, type DedupWindowOptions, firstArrival } from './dedup-window.ts';
import { aggregationMetrics } from './metrics.ts';
import type { WinStatistics } from './win-statistics.ts';

/** How a stream's window is made; the aggregator fills it in from the config. */
export interface StreamWindowOptions extends DedupWindowOptions {
  readonly chain: string;
  readonly kind: EventKind;
  readonly onClose: () => void;
}

/** The de-duplication window of one distinct stream: tells the first arrival of an event from its duplicates and keeps the score. */
export class StreamWindow {
  readonly #options: StreamWindowOptions;
  readonly #metrics: MetricRegistry;
  readonly #wins: WinStatistics;
  readonly #window: DedupWindow;
  readonly #initialCapacity: number;
  readonly #firsts: CounterCell;
  readonly #duplicates: CounterCell;
  readonly #evicted: CounterCell;
  readonly #expired: CounterCell;
  /** By the provider's index. */
  readonly #winCells: (CounterCell | undefined)[] = [];
  readonly #marginCells: (HistogramCell | undefined)[] = [];
  #firstProvider = -1;
  #firstAt = 0;
  #hits = 0;
  #misses = 0;
  #countedEvictions = 0;
  #countedExpired = 0;

  constructor(
    options: StreamWindowOptions,
    deps: { readonly metrics: MetricRegistry; readonly wins: WinStatistics },
  ) {
    this.#options = options;
    this.#metrics = deps.metrics;
    this.#wins = deps.wins;
    this.#window = new DedupWindow(options);
    this.#initialCapacity = this.#window.capacity;
    const labels = { chain: options.chain, stream: options.kind };
    this.#firsts = deps.metrics.counter(aggregationMetrics.firsts, labels);
    this.#duplicates = deps.metrics.counter(aggregationMetrics.duplicates, labels);
    this.#evicted = deps.metrics.counter(aggregationMetrics.evictions, labels);
    this.#expired = deps.metrics.counter(aggregationMetrics.expired, labels);
  }

  /** Who brought the event of the last duplicate first. */
  get firstProvider(): string {
    return this.#wins.id(this.#firstProvider);
  }

  /** When, in milliseconds of the clock that `ingest` is given. */
  get firstAt(): number {
    return this.#firstAt;
  }

  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  get evictions(): number {
    return this.#window.evictions;
  }

  get expired(): number {
    return this.#window.expired;
  }

  get size(): number {
    return this.#window.size;
  }

  /** Keys that it may hold beyond the size that every window starts with. */
  get grownBy(): number {
    return this.#window.capacity - this.#initialCapacity;
  }

  /** Records that `provider` (from `MessageAggregator.provider`) delivered `key`; `true`: the first arrival, forward it. */
  ingest(key: string, provider: number, nowMs: number): boolean {
    const isFirst = this.#claim(key, provider, nowMs);
    this.#count(isFirst ? 1 : 0, isFirst ? 0 : 1);
    return isFirst;
  }

  /**
   * As `ingest` for each of the first `count` keys: writes the positions of first arrivals to `firsts`, which is at
   * least that long, and returns how many there are.
   */
  ingestBatch(
    keys: readonly string[],
    provider: number,
    nowMs: number,
    firsts: Uint32Array,
    count = keys.length,
  ): number {
    let found = 0;
    for (let i = 0; i < count; i++) {
      if (this.#claim(keys[i]!, provider, nowMs)) firsts[found++] = i;
    }
    this.#count(found, count - found);
    return found;
  }

  /** Begins with the keys of `other`, so that its events are recognised here. */
  inherit(other: StreamWindow): void {
    this.#window.inherit(other.#window, winner => this.#wins.index(other.#wins.id(winner)));
  }

  /** Forgets everything; its counts stay in the aggregator's. */
  close(): void {
    this.#options.onClose();
  }

  #claim(key: string, provider: number, nowMs: number): boolean {
    const slot = this.#window.claim(key, provider, nowMs);
    if (slot === firstArrival) {
      this.#wins.won(provider);
      (this.#winCells[provider] ?? this.#winCell(provider)).inc();
      return true;
    }
    const winner = this.#window.winner(slot);
    this.#firstProvider = winner;
    this.#firstAt = this.#window.firstAt(slot);
    if (winner === provider) {
      this.#wins.repeated(provider);
      return false;
    }
    const margin = nowMs - this.#firstAt;
    this.#wins.lost(provider, winner, margin);
    (this.#marginCells[provider] ?? this.#marginCell(provider)).observe(margin / 1000);
    return false;
  }

  #count(firsts: number, duplicates: number): void {
    if (firsts > 0) this.#firsts.inc(firsts);
    if (duplicates > 0) this.#duplicates.inc(duplicates);
    this.#misses += firsts;
    this.#hits += duplicates;
    const { evictions, expired } = this.#window;
    if (evictions !== this.#countedEvictions) this.#evicted.inc(evictions - this.#countedEvictions);
    if (expired !== this.#countedExpired) this.#expired.inc(expired - this.#countedExpired);
    this.#countedEvictions = evictions;
    this.#countedExpired = expired;
  }

  #winCell(provider: number): CounterCell {
    const { chain, kind } = this.#options;
    const labels = { chain, provider: this.#wins.id(provider), stream: kind };
    const cell = this.#metrics.counter(aggregationMetrics.wins, labels);
    this.#winCells[provider] = cell;
    return cell;
  }

  #marginCell(provider: number): HistogramCell {
    const labels = { chain: this.#options.chain, provider: this.#wins.id(provider) };
    const cell = this.#metrics.histogram(aggregationMetrics.margin, labels);
    this.#marginCells[provider] = cell;
    return cell;
  }
}
