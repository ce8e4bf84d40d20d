import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

/** Metrics of the session builder. */
export const sessionMetrics = {
  created: counterDefinition({
    name: 'trunkline_sessions_accounts_created_total',
    help: 'Accounts that the session builder created and verified.',
  }),
  existing: counterDefinition({
    name: 'trunkline_sessions_accounts_existing_total',
    help: 'Events whose account was there already, as it was wanted.',
  }),
  failed: counterDefinition({
    name: 'trunkline_sessions_accounts_failed_total',
    help: 'Events whose account was not created, by outcome: rejected (it must not be), failed (it could not be).',
    labels: ['outcome'],
  }),
  processing: histogramDefinition({
    name: 'trunkline_sessions_event_processing_duration_seconds',
    help: 'From the arrival of an event to the end of all that it needs, by the name of the event.',
    labels: ['kind'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
  }),
  late: counterDefinition({
    name: 'trunkline_sessions_events_late_total',
    help: 'Events that were dealt with after their deadline, by the name of the event.',
    labels: ['kind'],
  }),
  retries: counterDefinition({
    name: 'trunkline_sessions_retries_total',
    help: 'Attempts at an event that failed and were made again.',
  }),
  sent: counterDefinition({
    name: 'trunkline_sessions_transactions_sent_total',
    help: 'Times that a transaction was sent, the same one again included.',
  }),
  gaps: counterDefinition({
    name: 'trunkline_sessions_gaps_total',
    help: 'Gaps in the stream of events: announcements in them may not have been seen.',
  }),
  connection: gaugeDefinition({
    name: 'trunkline_sessions_rpc_connection_status',
    help: 'Whether the last call to the chain was answered: 1, or 0.',
  }),
  uptime: gaugeDefinition({
    name: 'trunkline_sessions_service_uptime_seconds',
    help: 'How long the session builder has run; 0: it does not run.',
  }),
  queueSize: gaugeDefinition({
    name: 'trunkline_sessions_queue_size',
    help: 'Events that are not dealt with yet.',
  }),
  active: gaugeDefinition({
    name: 'trunkline_sessions_creations_active',
    help: 'Accounts that are being created.',
  }),
  balance: gaugeDefinition({
    name: 'trunkline_sessions_wallet_balance_lamports',
    help: 'Balance of the key that pays for the accounts, as it was looked up last.',
  }),
} as const;
