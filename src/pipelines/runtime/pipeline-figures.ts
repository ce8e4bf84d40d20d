import type {
  CounterCell,
  HistogramCell,
  MetricDefinition,
  MetricRegistry,
} from '../../telemetry/metrics.ts';
import { pipelineMetrics } from '../metrics.ts';

/** A number that people and Prometheus read. */
class Figure {
  value = 0;
  readonly #cell: CounterCell;

  constructor(cell: CounterCell) {
    this.#cell = cell;
  }

  inc(by = 1): void {
    this.value += by;
    this.#cell.inc(by);
  }
}

/** What a pipeline has counted since its Trunkline started. */
export class PipelineFigures {
  readonly received: Figure;
  readonly skipped: Figure;
  readonly filtered: Figure;
  readonly parsed: Figure;
  readonly parseErrors: Figure;
  readonly handled: Figure;
  readonly retries: Figure;
  readonly deadLettered: Figure;
  readonly spilled: Figure;
  readonly gaps: Figure;
  readonly retracted: Figure;
  readonly dropped: Figure;
  handlerErrors = 0;
  /** Milliseconds from arrival to the end of the last handler, smoothed. */
  latencyMs = 0;
  readonly #latency: HistogramCell;
  readonly #errorCells = new Map<string, CounterCell>();
  readonly #metrics: MetricRegistry;
  readonly #pipeline: string;

  /** @param pipeline what the metrics call it */
  constructor(pipeline: string, policy: string, metrics: MetricRegistry) {
    const labels = { pipeline };
    const figure = (definition: MetricDefinition<'pipeline', 'counter'>) =>
      new Figure(metrics.counter(definition, labels));
    this.#metrics = metrics;
    this.#pipeline = pipeline;
    this.received = figure(pipelineMetrics.received);
    this.skipped = figure(pipelineMetrics.skipped);
    this.filtered = figure(pipelineMetrics.filtered);
    this.parsed = figure(pipelineMetrics.parsed);
    this.parseErrors = figure(pipelineMetrics.parseErrors);
    this.handled = figure(pipelineMetrics.handled);
    this.retries = figure(pipelineMetrics.retries);
    this.deadLettered = figure(pipelineMetrics.deadLettered);
    this.spilled = figure(pipelineMetrics.spilled);
    this.gaps = figure(pipelineMetrics.gaps);
    this.retracted = figure(pipelineMetrics.retracted);
    this.dropped = new Figure(metrics.counter(pipelineMetrics.dropped, { pipeline, policy }));
    this.#latency = metrics.histogram(pipelineMetrics.latency, labels);
  }

  /** All handlers are done with a value. */
  onHandled(tookMs: number): void {
    this.handled.inc();
    this.#latency.observe(tookMs / 1000);
    this.latencyMs += (tookMs - this.latencyMs) * 0.05;
  }

  /** An attempt of a handler failed; codes that are not the pipelines' own are one. */
  onHandlerError(code: string): void {
    this.handlerErrors++;
    let cell = this.#errorCells.get(code);
    if (cell === undefined) {
      cell = this.#metrics.counter(pipelineMetrics.handlerErrors, { pipeline: this.#pipeline, code });
      this.#errorCells.set(code, cell);
    }
    cell.inc();
  }
}
