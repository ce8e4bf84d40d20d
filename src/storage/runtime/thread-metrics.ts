import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { StorageThreadReport } from '../channel/messages.ts';
import { storageRuntimeMetrics as definitions } from './metrics.ts';
import type { Responsiveness } from './storage-thread-handle.ts';

const counted = [
  'commands',
  'commits',
  'commitFailures',
  'checkpoints',
  'expiredKeys',
  'corruptRecords',
] as const satisfies readonly (keyof StorageThreadReport)[];

/** Publishes what one storage thread reports; a thread counts from its start, the metrics go on. */
export class ThreadMetrics {
  readonly #name: string;
  readonly #metrics: MetricRegistry;
  readonly #cells: Readonly<Record<(typeof counted)[number], CounterCell>>;
  #last: StorageThreadReport | undefined;

  constructor(name: string, responsiveness: () => Responsiveness, metrics: MetricRegistry) {
    this.#name = name;
    this.#metrics = metrics;
    const labels = { thread: name };
    this.#cells = {
      commands: metrics.counter(definitions.commands, labels),
      commits: metrics.counter(definitions.commits, labels),
      commitFailures: metrics.counter(definitions.commitFailures, labels),
      checkpoints: metrics.counter(definitions.checkpoints, labels),
      expiredKeys: metrics.counter(definitions.expiredKeys, labels),
      corruptRecords: metrics.counter(definitions.corruptRecords, labels),
    };
    metrics.gauge(definitions.loopDelay, labels, () => (this.#last?.loopDelayP99Ms ?? 0) / 1_000);
    metrics.gauge(definitions.roundTrip, labels, () => responsiveness().roundTripMs / 1_000);
    metrics.gauge(definitions.silence, labels, () => responsiveness().silentMs / 1_000);
  }

  report(report: StorageThreadReport): void {
    for (const key of counted) {
      const more = report[key] - (this.#last?.[key] ?? 0);
      if (more > 0) this.#cells[key].inc(more);
    }
    this.#last = report;
  }

  /** The thread is gone; its counters stay. */
  remove(): void {
    const labels = { thread: this.#name };
    for (const gauge of [definitions.loopDelay, definitions.roundTrip, definitions.silence])
      this.#metrics.remove(gauge, labels);
  }
}

/** Publishes the sizes of the stores, as the writer reported them last. */
export function publishStores(
  stores: readonly string[],
  report: () => StorageThreadReport | undefined,
  metrics: MetricRegistry,
): void {
  for (const store of stores) {
    const read = (field: 'keys' | 'usedBytes' | 'maxBytes') => () =>
      report()?.stores.find(({ name }) => name === store)?.[field] ?? Number.NaN;
    metrics.gauge(definitions.keys, { store }, read('keys'));
    metrics.gauge(definitions.usedBytes, { store }, read('usedBytes'));
    metrics.gauge(definitions.maxBytes, { store }, read('maxBytes'));
  }
}
