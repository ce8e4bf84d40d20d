import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { StorageErrorCode } from '../errors.ts';
import { storageMetrics } from '../metrics.ts';
import { storagePriorities } from './priority-queue.ts';
import type { StoragePriority } from './storage-request.ts';

/** What gauges read of the client at a scrape. */
export interface ClientReadings {
  active(): number;
  queued(priority: StoragePriority): number;
  recovery(): 'running' | 'restarting' | 'stopped';
}

const recoveryValues = { running: 0, restarting: 1, stopped: 2 } as const;

/** What the client itself fails calls with; their series are there from the start. */
const clientCodes: readonly StorageErrorCode[] = [
  'storage_overloaded',
  'storage_timeout',
  'storage_unavailable',
  'storage_breaker_open',
  'storage_outcome_unknown',
  'storage_stopped',
];

/** Why a call was sent once more. */
export type RetryReason = StorageErrorCode | 'restart';

/** The client's counts, as plain numbers and as metrics. */
export class ClientCounters {
  /** Calls that failed, by error code. */
  readonly failures: Partial<Record<StorageErrorCode, number>> = {};
  /** Attempts that were not answered in time. */
  timeouts = 0;
  /** Calls that were sent once more. */
  retries = 0;
  readonly #failureCells: Partial<Record<StorageErrorCode, CounterCell>> = {};
  readonly #retryCells: Partial<Record<RetryReason, CounterCell>> = {};
  readonly #timeoutCell: CounterCell;
  readonly #metrics: MetricRegistry;

  constructor(metrics: MetricRegistry, readings: ClientReadings) {
    this.#metrics = metrics;
    for (const code of clientCodes)
      this.#failureCells[code] = metrics.counter(storageMetrics.failures, { code });
    this.#timeoutCell = metrics.counter(storageMetrics.timeouts);
    metrics.gauge(storageMetrics.active, undefined, () => readings.active());
    metrics.gauge(storageMetrics.recoveryState, undefined, () => recoveryValues[readings.recovery()]);
    for (const priority of storagePriorities) {
      metrics.gauge(storageMetrics.queued, { priority }, () => readings.queued(priority));
    }
  }

  failed(code: StorageErrorCode): void {
    this.failures[code] = (this.failures[code] ?? 0) + 1;
    this.#failureCells[code] ??= this.#metrics.counter(storageMetrics.failures, { code });
    this.#failureCells[code].inc();
  }

  timedOut(): void {
    this.timeouts++;
    this.#timeoutCell.inc();
  }

  retried(reason: RetryReason): void {
    this.retries++;
    this.#retryCells[reason] ??= this.#metrics.counter(storageMetrics.retries, { reason });
    this.#retryCells[reason].inc();
  }
}
