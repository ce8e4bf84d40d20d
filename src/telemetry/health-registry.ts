import type { EventLoopMonitor } from './event-loop-monitor.ts';
import { type MetricRegistry, silentMetrics } from './metrics.ts';
import { telemetryMetrics } from './telemetry-metrics.ts';

/** `degraded` still serves; `failed` does not. */
export type HealthStatus = 'ok' | 'degraded' | 'failed';

/** What a check says. */
export interface HealthResult {
  readonly status: HealthStatus;
  /** One short sentence for a person, without secrets. */
  readonly reason?: string;
  /** Figures behind the status. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** `liveness`: a failure is cured by a restart of the process. `readiness`: traffic should go elsewhere meanwhile. */
export type HealthKind = 'liveness' | 'readiness';

/** A check reads plain state and returns at once; it is called for every probe of the outside. */
export type HealthCheck = () => HealthStatus | HealthResult;

/** The body of `/health` and `/ready`. */
export interface HealthReport {
  /** The worst status of all checks. */
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, HealthResult>>;
}

/** Collects named checks of all features and answers liveness and readiness probes from them. */
export class HealthRegistry {
  readonly #checks = new Map<string, { readonly kind: HealthKind; readonly check: HealthCheck }>();
  readonly #metrics: MetricRegistry;

  constructor({ metrics = silentMetrics }: { readonly metrics?: MetricRegistry } = {}) {
    this.#metrics = metrics;
  }

  /**
   * Adds a check; one of the same name is replaced, as when its owner was restarted.
   * @returns a function that takes this check out again, and leaves a later one of that name alone
   */
  register(name: string, kind: HealthKind, check: HealthCheck): () => void {
    const entry = { kind, check };
    this.#checks.set(name, entry);
    this.#metrics.gauge(telemetryMetrics.health, { check: name }, () => {
      const current = this.#checks.get(name);
      return current === undefined ? Number.NaN : statusValue[run(current.check).status];
    });
    return () => {
      if (this.#checks.get(name) !== entry) return;
      this.#checks.delete(name);
      this.#metrics.remove(telemetryMetrics.health, { check: name });
    };
  }

  /** Whether the process should go on living: the liveness checks alone. */
  liveness(): HealthReport {
    return this.#report(kind => kind === 'liveness');
  }

  /** Whether the process should get traffic: all checks. */
  readiness(): HealthReport {
    return this.#report(() => true);
  }

  #report(wanted: (kind: HealthKind) => boolean): HealthReport {
    let status: HealthStatus = 'ok';
    const results: [string, HealthResult][] = [];
    for (const [name, { kind, check }] of this.#checks) {
      if (!wanted(kind)) continue;
      const result = run(check);
      if (statusValue[result.status] < statusValue[status]) status = result.status;
      results.push([name, result]);
    }
    return { status, checks: Object.fromEntries(results) };
  }
}

/** Limits of the event-loop check. */
export interface EventLoopCheckOptions {
  /** p99 delay in milliseconds from which the loop is degraded. @default 100 */
  readonly degradedMs?: number;
  /** p99 delay in milliseconds from which it has failed. @default 2000 */
  readonly failedMs?: number;
}

/** A liveness check on how late the event loop runs. */
export function eventLoopCheck(
  eventLoop: EventLoopMonitor,
  { degradedMs = 100, failedMs = 2000 }: EventLoopCheckOptions = {},
): HealthCheck {
  return () => {
    const { p99Ms, maxMs, utilization } = eventLoop.read();
    const details = {
      p99Ms: Math.round(p99Ms * 10) / 10,
      maxMs: Math.round(maxMs * 10) / 10,
      utilization: Math.round(utilization * 100) / 100,
    };
    if (p99Ms >= failedMs) return { status: 'failed', reason: 'the event loop is blocked', details };
    if (p99Ms >= degradedMs) return { status: 'degraded', reason: 'the event loop is late', details };
    return { status: 'ok', details };
  };
}

const statusValue: Readonly<Record<HealthStatus, number>> = { ok: 1, degraded: 0.5, failed: 0 };

function run(check: HealthCheck): HealthResult {
  try {
    const result = check();
    return typeof result === 'string' ? { status: result } : result;
  } catch {
    // The error's text stays out: the report is public and may be shown unredacted.
    return { status: 'failed', reason: 'the check itself failed' };
  }
}
