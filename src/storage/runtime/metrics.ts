import { counterDefinition, gaugeDefinition } from '../../telemetry/metrics.ts';

/** Metrics of the storage threads. `thread` is `writer` or `reader-<n>`. */
export const storageRuntimeMetrics = {
  commands: counterDefinition({
    name: 'trunkline_storage_thread_commands_total',
    help: 'Commands that a storage thread ran.',
    labels: ['thread'],
  }),
  commits: counterDefinition({
    name: 'trunkline_storage_commits_total',
    help: 'Transactions that the storage thread committed; one holds all commands that were waiting.',
    labels: ['thread'],
  }),
  commitFailures: counterDefinition({
    name: 'trunkline_storage_commit_failures_total',
    help: 'Transactions that could not be committed, as when the disk is full; nothing of them was applied.',
    labels: ['thread'],
  }),
  checkpoints: counterDefinition({
    name: 'trunkline_storage_checkpoints_total',
    help: 'Times that the commits so far were flushed to the device.',
    labels: ['thread'],
  }),
  expiredKeys: counterDefinition({
    name: 'trunkline_storage_expired_keys_total',
    help: 'Keys that were removed because their time was over.',
    labels: ['thread'],
  }),
  corruptRecords: counterDefinition({
    name: 'trunkline_storage_corrupt_records_total',
    help: 'Reads that were refused because the checksum of the record did not match. Run `trunkline storage check`.',
    labels: ['thread'],
  }),
  loopDelay: gaugeDefinition({
    name: 'trunkline_storage_thread_loop_delay_seconds',
    help: 'Event-loop delay of a storage thread, 99th percentile.',
    labels: ['thread'],
  }),
  roundTrip: gaugeDefinition({
    name: 'trunkline_storage_thread_round_trip_seconds',
    help: 'How long the last answered ping of a storage thread took, behind the commands before it.',
    labels: ['thread'],
  }),
  silence: gaugeDefinition({
    name: 'trunkline_storage_thread_silence_seconds',
    help: 'For how long a ping of a storage thread has been unanswered; 0 when it answers.',
    labels: ['thread'],
  }),
  keys: gaugeDefinition({
    name: 'trunkline_storage_keys',
    help: 'Keys in the store, expired ones that are not swept yet included.',
    labels: ['store'],
  }),
  usedBytes: gaugeDefinition({
    name: 'trunkline_storage_used_bytes',
    help: 'Bytes of the database file that are in use.',
    labels: ['store'],
  }),
  maxBytes: gaugeDefinition({
    name: 'trunkline_storage_max_bytes',
    help: 'Bytes that may be in use before writes that add are refused.',
    labels: ['store'],
  }),
  readers: gaugeDefinition({
    name: 'trunkline_storage_readers',
    help: 'Storage threads that only read.',
  }),
  scalings: counterDefinition({
    name: 'trunkline_storage_reader_scalings_total',
    help: 'Changes of the number of readers by the depth of their queues, by direction: "up" or "down".',
    labels: ['direction'],
  }),
  restarts: counterDefinition({
    name: 'trunkline_storage_restarts_total',
    help: 'Writer threads that were started in place of one that ended.',
  }),
  readerCrashes: counterDefinition({
    name: 'trunkline_storage_reader_crashes_total',
    help: 'Readers that ended by themselves.',
  }),
  breakerState: gaugeDefinition({
    name: 'trunkline_storage_breaker_state',
    help: 'The circuit breaker of the storage runtime: 0 closed, 1 half-open, 2 open, 3 without its process.',
  }),
  breakerOpenings: counterDefinition({
    name: 'trunkline_storage_breaker_openings_total',
    help: 'Times that the circuit breaker of the storage runtime opened.',
  }),
};
