import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

/** The metrics of the channels to the storage threads and of the storage client. */
export const storageMetrics = {
  sent: counterDefinition({
    name: 'trunkline_storage_channel_sent_commands_total',
    help: 'Commands sent to a storage thread.',
    labels: ['thread'],
  }),
  received: counterDefinition({
    name: 'trunkline_storage_channel_answered_commands_total',
    help: 'Commands that a storage thread answered, in time or late.',
    labels: ['thread'],
  }),
  frames: counterDefinition({
    name: 'trunkline_storage_channel_frames_total',
    help: 'Frames sent to a storage thread; commands per frame tell how well they are batched.',
    labels: ['thread'],
  }),
  lateReplies: counterDefinition({
    name: 'trunkline_storage_channel_late_replies_total',
    help: 'Replies that were dropped because their call had timed out before.',
    labels: ['thread'],
  }),
  sendFailures: counterDefinition({
    name: 'trunkline_storage_channel_send_failures_total',
    help: 'Calls that could not be handed to a storage thread.',
    labels: ['thread'],
  }),
  pending: gaugeDefinition({
    name: 'trunkline_storage_channel_pending_commands',
    help: 'Commands sent to a storage thread and not answered yet.',
    labels: ['thread'],
  }),
  replyTime: histogramDefinition({
    name: 'trunkline_storage_reply_duration_seconds',
    help: 'Time from sending a call to a storage thread to its reply.',
    labels: ['thread'],
    buckets: [
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30,
    ],
  }),
  backpressure: counterDefinition({
    name: 'trunkline_storage_backpressure_events_total',
    help: 'Storage calls that had to wait because the channel was as full as it may be.',
    labels: ['thread'],
  }),
  failures: counterDefinition({
    name: 'trunkline_storage_call_failures_total',
    help: 'Storage calls that failed, by error code; error replies of single commands are not counted.',
    labels: ['code'],
  }),
  timeouts: counterDefinition({
    name: 'trunkline_storage_timeouts_total',
    help: 'Attempts that a storage thread did not answer in time; repeated ones count each.',
  }),
  retries: counterDefinition({
    name: 'trunkline_storage_retries_total',
    help: 'Storage calls that were sent once more, by what went wrong before.',
    labels: ['reason'],
  }),
  queued: gaugeDefinition({
    name: 'trunkline_storage_queued_calls',
    help: 'Storage calls that wait for room in a channel or for the runtime to restart, by priority.',
    labels: ['priority'],
  }),
  active: gaugeDefinition({
    name: 'trunkline_storage_active_calls',
    help: 'Storage calls that were submitted and have no outcome yet.',
  }),
  recoveryState: gaugeDefinition({
    name: 'trunkline_storage_recovery_state',
    help: 'What the storage client makes of its runtime: 0 running, 1 restarting, 2 stopped.',
  }),
  injectedFaults: counterDefinition({
    name: 'trunkline_storage_injected_faults_total',
    help: 'Faults made by `storage.fault_injection`, by kind: "delay", "drop" or "error".',
    labels: ['thread', 'kind'],
  }),
};
