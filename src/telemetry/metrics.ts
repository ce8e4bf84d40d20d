/** What kind of series a metric has; the words are Prometheus'. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** What a metric is called and means; declared beside its feature, the source of docs/metrics.md. */
export interface MetricDefinition<Label extends string = string, Kind extends MetricKind = MetricKind> {
  readonly kind: Kind;
  /** `trunkline_…`, snake_case; a counter ends in `_total`, a unit in `_seconds` or `_bytes`. */
  readonly name: string;
  /** One sentence for the person who reads the graph. */
  readonly help: string;
  /** Label names; each has few values by nature (a provider's id, a known method), never a client's text. */
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. */
  readonly buckets?: readonly number[];
}

/** What a definition function is given. */
export interface MetricOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** One series of a counter; cache it and call it on the hot path: it is one addition to a plain number. */
export interface CounterCell {
  /** Adds `n`. @default 1 */
  inc(n?: number): void;
}

/** One series of a gauge. */
export interface GaugeCell {
  set(value: number): void;
}

/** One series of a histogram: a bucket search and two additions to plain numbers. */
export interface HistogramCell {
  observe(value: number): void;
}

/** The value of each label of a definition. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

/** Hands out cells (series) of metrics and writes them out when Prometheus asks. */
export interface MetricRegistry {
  /** The series of `definition` with these label values: the same cell each time. Look it up once, then keep it. */
  counter<Label extends string>(
    definition: MetricDefinition<Label, 'counter'>,
    labelValues?: LabelValues<Label>,
  ): CounterCell;
  /** As `counter`; with `read`, the value is computed at each scrape, and the newest `read` wins. */
  gauge<Label extends string>(
    definition: MetricDefinition<Label, 'gauge'>,
    labelValues?: LabelValues<Label>,
    read?: () => number,
  ): GaugeCell;
  histogram<Label extends string>(
    definition: MetricDefinition<Label, 'histogram'>,
    labelValues?: LabelValues<Label>,
  ): HistogramCell;
  /** Forgets one series, as when its provider is taken out; a cell still held counts into nothing. */
  remove<Label extends string>(definition: MetricDefinition<Label>, labelValues: LabelValues<Label>): void;
  /** All series in Prometheus' text format (version 0.0.4). */
  expose(): Promise<string>;
}

/** Buckets for durations in seconds, from 0.5 ms to 30 s. */
export const durationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/**
 * A metric that only grows.
 * @throws TypeError when a name breaks the naming rules; at import, so a test run finds it.
 */
export function counterDefinition<const Label extends string = never>(
  options: MetricOptions<Label>,
): MetricDefinition<Label, 'counter'> {
  if (!options.name.endsWith('_total')) throw new TypeError(`counter ${options.name} must end in _total`);
  return Object.freeze({ kind: 'counter', ...checked(options) } as const);
}

/**
 * A metric that goes up and down.
 * @throws TypeError when a name breaks the naming rules.
 */
export function gaugeDefinition<const Label extends string = never>(
  options: MetricOptions<Label>,
): MetricDefinition<Label, 'gauge'> {
  if (options.name.endsWith('_total')) throw new TypeError(`gauge ${options.name} must not end in _total`);
  return Object.freeze({ kind: 'gauge', ...checked(options) } as const);
}

/**
 * A metric that sorts observations into buckets.
 * @throws TypeError when a name breaks the naming rules or the buckets do not ascend.
 */
export function histogramDefinition<const Label extends string = never>(
  options: MetricOptions<Label> & {
    /** Upper bounds, ascending. @default durationBuckets */
    readonly buckets?: readonly number[];
  },
): MetricDefinition<Label, 'histogram'> {
  const buckets = Object.freeze([...(options.buckets ?? durationBuckets)]);
  const ascending = buckets.every(
    (bound, i) => Number.isFinite(bound) && (i === 0 || bound > buckets[i - 1]!),
  );
  if (buckets.length === 0 || !ascending) throw new TypeError(`buckets of ${options.name} must ascend`);
  return Object.freeze({ kind: 'histogram', ...checked(options), buckets } as const);
}

const metricName = /^trunkline_[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const labelName = /^[a-z][a-z0-9_]*$/;
/** `le` is Prometheus' own on a histogram. */
const reservedLabels: ReadonlySet<string> = new Set(['le', 'quantile', 'job', 'instance']);

function checked<Label extends string>({ name, help, labels = [] }: MetricOptions<Label>) {
  if (!metricName.test(name)) throw new TypeError(`metric name ${name} must be trunkline_ and snake_case`);
  if (help.trim() === '') throw new TypeError(`metric ${name} has no help`);
  for (const label of labels) {
    if (!labelName.test(label) || reservedLabels.has(label)) {
      throw new TypeError(`metric ${name}: label ${label} is not allowed`);
    }
  }
  if (new Set(labels).size !== labels.length) throw new TypeError(`metric ${name} names a label twice`);
  return { name, help, labels: Object.freeze([...labels]) };
}

const silentCell: CounterCell & GaugeCell & HistogramCell = {
  inc: () => {},
  set: () => {},
  observe: () => {},
};

/** A registry that keeps nothing; the default of tests and of components used alone. */
export const silentMetrics: MetricRegistry = {
  counter: () => silentCell,
  gauge: () => silentCell,
  histogram: () => silentCell,
  remove: () => {},
  expose: () => Promise.resolve(''),
};

/** The `Content-Type` of what `MetricRegistry.expose` returns. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';
