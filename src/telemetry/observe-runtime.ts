import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { EventLoopMonitor } from './event-loop-monitor.ts';
import type { HistogramCell, MetricRegistry } from './metrics.ts';
import { telemetryMetrics } from './telemetry-metrics.ts';

/** What `observeRuntime` uses. */
export interface ObserveRuntimeDeps {
  readonly metrics: MetricRegistry;
  readonly eventLoop: EventLoopMonitor;
}

/**
 * Publishes event-loop delay, utilization and garbage-collector pauses of this process.
 * @returns a function that ends it
 */
export function observeRuntime({ metrics, eventLoop }: ObserveRuntimeDeps): () => void {
  const delay = telemetryMetrics.eventLoopDelay;
  metrics.gauge(delay, { statistic: 'p50' }, () => eventLoop.read().p50Ms / 1000);
  metrics.gauge(delay, { statistic: 'p99' }, () => eventLoop.read().p99Ms / 1000);
  metrics.gauge(delay, { statistic: 'max' }, () => eventLoop.read().maxMs / 1000);
  metrics.gauge(telemetryMetrics.eventLoopUtilization, {}, () => eventLoop.read().utilization);

  const pauses = new Map<number, HistogramCell>(
    gcKinds.map(([kind, name]) => [kind, metrics.histogram(telemetryMetrics.gcPause, { kind: name })]),
  );
  const observer = new PerformanceObserver(list => {
    // One callback carries all pauses since the last turn of the loop.
    for (const entry of list.getEntries()) {
      const { detail } = entry as { readonly detail?: { readonly kind?: number } };
      pauses.get(detail?.kind ?? -1)?.observe(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

const gcKinds: readonly (readonly [number, string])[] = [
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks'],
];
