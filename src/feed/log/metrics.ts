import { counterDefinition, gaugeDefinition, histogramDefinition } from '../../telemetry/metrics.ts';

/** Metrics of the event log and of what writes to it. */
export const eventLogMetrics = {
  events: counterDefinition({
    name: 'trunkline_event_log_events_total',
    help: 'Events that were committed to the event log.',
  }),
  batches: counterDefinition({
    name: 'trunkline_event_log_batches_total',
    help: 'Batches that were committed to the event log; one holds all events of a turn of the event loop.',
  }),
  commitTime: histogramDefinition({
    name: 'trunkline_event_log_commit_seconds',
    help: 'From handing a batch to the storage to its commit, repetitions included.',
  }),
  failures: counterDefinition({
    name: 'trunkline_event_log_write_failures_total',
    help: 'Batches that the storage did not commit and that were repeated, by the error.',
    labels: ['code'],
  }),
  backlog: gaugeDefinition({
    name: 'trunkline_event_log_backlog_bytes',
    help: 'Bytes of events that are not committed yet.',
  }),
  bytes: gaugeDefinition({
    name: 'trunkline_event_log_bytes',
    help: 'Bytes of the events that are kept.',
  }),
  kept: gaugeDefinition({
    name: 'trunkline_event_log_kept_events',
    help: 'Events that are kept.',
  }),
  memory: gaugeDefinition({
    name: 'trunkline_event_log_memory_bytes',
    help: 'Bytes of the newest events that are held in memory.',
  }),
  trimmed: counterDefinition({
    name: 'trunkline_event_log_trimmed_events_total',
    help: 'Events that were removed, by why: age, size, full or damage.',
    labels: ['reason'],
  }),
  resets: counterDefinition({
    name: 'trunkline_event_log_resets_total',
    help: 'Histories that were begun anew, by why: new, state_damaged or history_incomplete.',
    labels: ['reason'],
  }),
  shed: counterDefinition({
    name: 'trunkline_event_log_shed_events_total',
    help: 'Waiting transactions that were dropped because too many events waited to be committed.',
    labels: ['chain'],
  }),
} as const;
