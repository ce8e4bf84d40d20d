import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { type Log, silentLog } from './log.ts';
import { Counter, Gauge, Histogram, type SeriesLabels } from './metric-cells.ts';
import type { CounterCell, GaugeCell, HistogramCell, MetricDefinition, MetricRegistry } from './metrics.ts';
import { telemetryMetrics } from './telemetry-metrics.ts';

/** What a `PromMetricRegistry` can be told. */
export interface PromMetricRegistryOptions {
  /** Series that one metric may have; label sets beyond it share one series labelled "other". @default 2000 */
  readonly maxSeries?: number;
  /** Adds prom-client's `process_*` and `nodejs_*` metrics; they observe the whole process. @default false */
  readonly processMetrics?: boolean;
}

/** What a `PromMetricRegistry` uses. */
export interface PromMetricRegistryDeps {
  readonly log?: Log;
  /** Takes secrets out of label values. @default text => text */
  readonly redact?: (text: string) => string;
}

type Cell = Counter | Gauge | Histogram;

interface Family {
  readonly definition: MetricDefinition;
  readonly series: Map<string, Cell>;
  folded: boolean;
}

/**
 * Keeps the series of all metrics as plain numbers; prom-client sees them at the scrape only, through objects
 * that look like its metrics (docs/decisions/0002).
 */
export class PromMetricRegistry implements MetricRegistry {
  readonly #families = new Map<string, Family>();
  readonly #prometheus = new Registry();
  readonly #maxSeries: number;
  readonly #log: Log;
  readonly #redact: (text: string) => string;

  constructor(options: PromMetricRegistryOptions = {}, deps: PromMetricRegistryDeps = {}) {
    this.#maxSeries = options.maxSeries ?? 2000;
    this.#log = deps.log ?? silentLog;
    this.#redact = deps.redact ?? (text => text);
    if (options.processMetrics) collectProcessMetrics(this.#prometheus);
  }

  counter(definition: MetricDefinition<string, 'counter'>, labelValues?: SeriesLabels): CounterCell {
    return this.#cell(definition, labelValues, labels => new Counter(labels)) as Counter;
  }

  gauge(
    definition: MetricDefinition<string, 'gauge'>,
    labelValues?: SeriesLabels,
    read?: () => number,
  ): GaugeCell {
    const gauge = this.#cell(definition, labelValues, labels => new Gauge(labels)) as Gauge;
    if (read !== undefined) gauge.read = read;
    return gauge;
  }

  histogram(definition: MetricDefinition<string, 'histogram'>, labelValues?: SeriesLabels): HistogramCell {
    const bounds = definition.buckets ?? [];
    return this.#cell(definition, labelValues, labels => new Histogram(labels, bounds)) as Histogram;
  }

  remove(definition: MetricDefinition, labelValues: SeriesLabels): void {
    const series = this.#families.get(definition.name)?.series;
    series?.delete(seriesKey(definition, this.#labels(definition, labelValues)));
  }

  expose(): Promise<string> {
    return this.#prometheus.metrics();
  }

  #cell(
    definition: MetricDefinition,
    labelValues: SeriesLabels | undefined,
    create: (labels: SeriesLabels) => Cell,
  ): Cell {
    const family = this.#family(definition);
    let labels = this.#labels(definition, labelValues);
    let key = seriesKey(definition, labels);
    let cell = family.series.get(key);
    if (cell !== undefined) return cell;
    if (family.series.size >= this.#maxSeries && definition.labels.length > 0) {
      this.#noteFolding(family);
      labels = Object.freeze(Object.fromEntries(definition.labels.map(name => [name, overflowValue])));
      key = seriesKey(definition, labels);
      cell = family.series.get(key);
      if (cell !== undefined) return cell;
    }
    cell = create(labels);
    family.series.set(key, cell);
    return cell;
  }

  /** @throws TypeError when another definition already has this name. */
  #family(definition: MetricDefinition): Family {
    const known = this.#families.get(definition.name);
    if (known !== undefined) {
      if (known.definition === definition) return known;
      throw new TypeError(`two definitions of the metric ${definition.name}`);
    }
    const family: Family = { definition, series: new Map(), folded: false };
    this.#families.set(definition.name, family);
    const metric = {
      name: definition.name,
      get: () =>
        Promise.resolve({
          name: definition.name,
          help: definition.help,
          type: definition.kind,
          values: this.#samples(family),
        }),
    };
    // prom-client's registry calls nothing but `get` on what it holds; its type asks for a whole metric.
    this.#prometheus.registerMetric(metric as unknown as Metric);
    return family;
  }

  #labels(definition: MetricDefinition, labelValues: SeriesLabels | undefined): SeriesLabels {
    const labels: Record<string, string> = {};
    for (const name of definition.labels) {
      labels[name] = this.#redact(String(labelValues?.[name] ?? '')).slice(0, maxLabelLength);
    }
    return Object.freeze(labels);
  }

  #noteFolding(family: Family): void {
    const metric = family.definition.name;
    this.counter(telemetryMetrics.foldedSeries, { metric }).inc();
    if (family.folded) return;
    family.folded = true;
    this.#log.warn('a metric has too many series; further label sets count as "other"', {
      metric,
      limit: this.#maxSeries,
    });
  }

  #samples(family: Family): Sample[] {
    const { name } = family.definition;
    const samples: Sample[] = [];
    for (const cell of family.series.values()) {
      if (cell instanceof Histogram) {
        pushHistogram(samples, name, cell);
      } else {
        const value = cell instanceof Gauge ? this.#readGauge(name, cell) : cell.value;
        if (!Number.isNaN(value)) samples.push({ labels: none, sharedLabels: cell.labels, value });
      }
    }
    return samples;
  }

  /** NaN: nothing to show; one gauge that cannot be read must not cost the whole scrape. */
  #readGauge(metric: string, gauge: Gauge): number {
    if (gauge.read === undefined) return gauge.value;
    try {
      return Number(gauge.read());
    } catch (error) {
      this.counter(telemetryMetrics.readErrors, { metric }).inc();
      this.#log.debug('a gauge could not be read', { metric, error });
      return Number.NaN;
    }
  }
}

const overflowValue = 'other';
const maxLabelLength = 200;
const none: SeriesLabels = Object.freeze({});

/** One line of the exposition, as prom-client writes it out. */
interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  /** prom-client keeps the written form of this object for as long as the object lives. */
  readonly sharedLabels: SeriesLabels;
  readonly value: number;
  readonly metricName?: string;
}

function pushHistogram(samples: Sample[], name: string, { labels, bounds, counts, sum }: Histogram): void {
  let cumulated = 0;
  for (let i = 0; i <= bounds.length; i++) {
    cumulated += counts[i]!;
    const le = i === bounds.length ? '+Inf' : bounds[i]!;
    samples.push({ metricName: `${name}_bucket`, labels: { le }, sharedLabels: labels, value: cumulated });
  }
  samples.push({ metricName: `${name}_sum`, labels: none, sharedLabels: labels, value: sum });
  samples.push({ metricName: `${name}_count`, labels: none, sharedLabels: labels, value: cumulated });
}

/** The lengths make the key unambiguous whatever the values contain. */
function seriesKey(definition: MetricDefinition, labels: SeriesLabels): string {
  let key = '';
  for (const name of definition.labels) key += `${labels[name]!.length}:${labels[name]!}`;
  return key;
}

/** The ones left out are measured better by `observeRuntime`: of a batch of pauses prom-client counts the first only. */
function collectProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register });
  const names = register.getMetricsAsArray().map(metric => metric.name);
  for (const name of names) {
    if (name.startsWith('nodejs_eventloop_lag') || name.startsWith('nodejs_gc_')) {
      register.removeSingleMetric(name);
    }
  }
}
