import type { ProcessObserver } from '../otp/observer.ts';
import type { ProcessSystem } from '../otp/process-system.ts';
import type { MetricRegistry } from './metrics.ts';
import { telemetryMetrics } from './telemetry-metrics.ts';

/** Counts what happens to processes: hand it to the process system at its birth. */
export function processObserver(metrics: MetricRegistry): ProcessObserver {
  const deadLetters = metrics.counter(telemetryMetrics.deadLetters);
  const overflows = metrics.counter(telemetryMetrics.mailboxOverflows);
  return {
    onRestart: (supervisor, child) => {
      metrics.counter(telemetryMetrics.processRestarts, { supervisor: supervisor.label, child }).inc();
    },
    onDeadLetter: () => deadLetters.inc(),
    onMailboxOverflow: () => overflows.inc(),
  };
}

/** Publishes the number of processes and how many messages wait, read at each scrape. */
export function publishProcessCounts(system: ProcessSystem, metrics: MetricRegistry): void {
  metrics.gauge(telemetryMetrics.processes, {}, () => system.counts.processes);
  metrics.gauge(telemetryMetrics.longestMailbox, {}, () => {
    let longest = 0;
    for (const process of system.processes()) longest = Math.max(longest, process.mailbox.length);
    return longest;
  });
}
