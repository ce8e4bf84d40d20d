import type { CounterCell, GaugeCell, HistogramCell } from './metrics.ts';

/** Label values of one series, in the form that the exposition shares between its samples. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** One counter series. */
export class Counter implements CounterCell {
  readonly labels: SeriesLabels;
  value = 0;

  constructor(labels: SeriesLabels) {
    this.labels = labels;
  }

  inc(n = 1): void {
    // Also false for NaN: a scraper reads a counter that falls as a restart of the process.
    if (n > 0) this.value += n;
  }
}

/** One gauge series: the value set last, or what `read` says at the scrape. */
export class Gauge implements GaugeCell {
  readonly labels: SeriesLabels;
  value = 0;
  read: (() => number) | undefined;

  constructor(labels: SeriesLabels) {
    this.labels = labels;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** One histogram series; `counts` has one element per bucket and a last one for +Inf, none cumulated. */
export class Histogram implements HistogramCell {
  readonly labels: SeriesLabels;
  /** A copy: comparing with the elements of a frozen array takes several times as long. */
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  sum = 0;

  constructor(labels: SeriesLabels, bounds: readonly number[]) {
    this.labels = labels;
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    if (Number.isNaN(value)) return;
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket]!++;
    this.sum += value;
  }
}
