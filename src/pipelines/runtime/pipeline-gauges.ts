import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { pipelineMetrics } from '../metrics.ts';
import { pipelineStates } from './pipeline-state.ts';
import type { RunningPipeline } from './running-pipeline.ts';

const { queueDepth, queueBytes, slotLag, checkpoint, spillBytes, deadLetters, state } = pipelineMetrics;

/** The gauges of pipelines: one set for all that have the same label, from the first of them to the last. */
export class PipelineGauges {
  readonly #metrics: MetricRegistry;
  readonly #byLabel = new Map<string, Set<RunningPipeline>>();

  constructor(metrics: MetricRegistry) {
    this.#metrics = metrics;
  }

  add(pipeline: RunningPipeline): void {
    const label = pipeline.definition.metricsLabel;
    const known = this.#byLabel.get(label);
    if (known !== undefined) {
      known.add(pipeline);
      return;
    }
    const pipelines = new Set([pipeline]);
    this.#byLabel.set(label, pipelines);
    this.#measure(label, pipelines);
  }

  remove(pipeline: RunningPipeline): void {
    const label = pipeline.definition.metricsLabel;
    const pipelines = this.#byLabel.get(label);
    pipelines?.delete(pipeline);
    if (pipelines?.size !== 0) return;
    this.#byLabel.delete(label);
    const labels = { pipeline: label };
    for (const gauge of [queueDepth, queueBytes, slotLag, checkpoint, spillBytes, deadLetters])
      this.#metrics.remove(gauge, labels);
    for (const name of pipelineStates) this.#metrics.remove(state, { ...labels, state: name });
  }

  #measure(label: string, pipelines: ReadonlySet<RunningPipeline>): void {
    const metrics = this.#metrics;
    const labels = { pipeline: label };
    const sum = (of: (pipeline: RunningPipeline) => number) => () => {
      let total = 0;
      for (const pipeline of pipelines) total += of(pipeline);
      return total;
    };
    metrics.gauge(
      queueDepth,
      labels,
      sum(pipeline => pipeline.queueDepth),
    );
    metrics.gauge(
      queueBytes,
      labels,
      sum(pipeline => pipeline.queueBytes),
    );
    metrics.gauge(
      spillBytes,
      labels,
      sum(pipeline => pipeline.spillBytes),
    );
    metrics.gauge(
      deadLetters,
      labels,
      sum(pipeline => pipeline.deadLetters.size),
    );
    metrics.gauge(slotLag, labels, () => {
      let highest = 0;
      for (const pipeline of pipelines) highest = Math.max(highest, pipeline.slotLag);
      return highest;
    });
    metrics.gauge(checkpoint, labels, () => {
      let lowest = Number.POSITIVE_INFINITY;
      for (const { savedCheckpoint } of pipelines) lowest = Math.min(lowest, savedCheckpoint ?? lowest);
      return Number.isFinite(lowest) ? lowest : 0;
    });
    for (const name of pipelineStates) {
      metrics.gauge(
        state,
        { ...labels, state: name },
        sum(pipeline => (pipeline.state === name ? 1 : 0)),
      );
    }
  }
}
