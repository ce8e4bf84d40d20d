import { counterDefinition, gaugeDefinition, histogramDefinition } from './metrics.ts';

/** Telemetry's own metrics: about the metrics and logs themselves, and about the JavaScript runtime. */
export const telemetryMetrics = {
  foldedSeries: counterDefinition({
    name: 'trunkline_metrics_folded_series_total',
    help: 'Label sets that were folded into "other" because their metric had reached its limit of series.',
    labels: ['metric'],
  }),
  readErrors: counterDefinition({
    name: 'trunkline_metrics_read_errors_total',
    help: 'Gauges left out of a scrape because the function that reads them threw.',
    labels: ['metric'],
  }),
  logLines: counterDefinition({
    name: 'trunkline_log_lines_total',
    help: 'Log lines written, by level.',
    labels: ['level'],
  }),
  logLinesDropped: counterDefinition({
    name: 'trunkline_log_lines_dropped_total',
    help: 'Log lines not written: a flood of alike lines, a reader that is too slow, or a line that could not be built.',
    labels: ['reason'],
  }),
  health: gaugeDefinition({
    name: 'trunkline_health_status',
    help: 'State of a health check: 1 is ok, 0.5 degraded, 0 failed.',
    labels: ['check'],
  }),
  eventLoopDelay: gaugeDefinition({
    name: 'trunkline_event_loop_delay_seconds',
    help: 'How late the event loop ran timers in the last ten seconds, by statistic (p50, p99, max).',
    labels: ['statistic'],
  }),
  eventLoopUtilization: gaugeDefinition({
    name: 'trunkline_event_loop_utilization_ratio',
    help: 'Share of the last ten seconds in which the event loop was busy; near 1 the process is saturated.',
  }),
  gcPause: histogramDefinition({
    name: 'trunkline_gc_pause_seconds',
    help: 'Pauses of the garbage collector, by kind.',
    labels: ['kind'],
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  }),
  processes: gaugeDefinition({
    name: 'trunkline_processes',
    help: 'Processes of the supervision tree that live.',
  }),
  processRestarts: counterDefinition({
    name: 'trunkline_process_restarts_total',
    help: 'Children that their supervisor started again.',
    labels: ['supervisor', 'child'],
  }),
  longestMailbox: gaugeDefinition({
    name: 'trunkline_mailbox_longest_messages',
    help: 'Messages that wait in the fullest mailbox of all processes.',
  }),
  mailboxOverflows: counterDefinition({
    name: 'trunkline_mailbox_overflows_total',
    help: 'Messages dropped because a mailbox was at its limit.',
  }),
  deadLetters: counterDefinition({
    name: 'trunkline_dead_letters_total',
    help: 'Messages whose addressee did not live.',
  }),
};
