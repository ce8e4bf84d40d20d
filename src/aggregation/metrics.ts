import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

/** Metrics of de-duplication, of the shared streams and of head tracking. `stream` is a kind of stream (heads, logs, pending, accounts, …) or other. */
export const aggregationMetrics = {
  firsts: counterDefinition({
    name: 'trunkline_aggregator_first_arrivals_total',
    help: 'Stream events seen for the first time (misses of the de-duplication window).',
    labels: ['chain', 'stream'],
  }),
  duplicates: counterDefinition({
    name: 'trunkline_aggregator_duplicates_total',
    help: 'Stream events that another provider had delivered before (hits of the de-duplication window).',
    labels: ['chain', 'stream'],
  }),
  wins: counterDefinition({
    name: 'trunkline_aggregator_wins_total',
    help: 'Stream events that this provider delivered first.',
    labels: ['chain', 'provider', 'stream'],
  }),
  margin: histogramDefinition({
    name: 'trunkline_aggregator_margin_seconds',
    help: 'How long this provider came behind the first arrival of the same event.',
    labels: ['chain', 'provider'],
  }),
  entries: gaugeDefinition({
    name: 'trunkline_aggregator_entries',
    help: 'Keys held in the de-duplication windows of the chain.',
    labels: ['chain'],
  }),
  evictions: counterDefinition({
    name: 'trunkline_aggregator_evictions_total',
    help: 'Keys forgotten because a de-duplication window was full.',
    labels: ['chain', 'stream'],
  }),
  expired: counterDefinition({
    name: 'trunkline_aggregator_expired_total',
    help: 'Keys forgotten because deduplication_window had passed.',
    labels: ['chain', 'stream'],
  }),
  streams: gaugeDefinition({
    name: 'trunkline_streams',
    help: 'Distinct streams that the chain holds open.',
    labels: ['chain'],
  }),
  subscribers: gaugeDefinition({
    name: 'trunkline_stream_subscribers',
    help: 'Subscribers of all streams of the chain.',
    labels: ['chain'],
  }),
  upstreamSubscriptions: gaugeDefinition({
    name: 'trunkline_stream_upstream_subscriptions',
    help: 'Subscriptions that are live at providers.',
    labels: ['chain'],
  }),
  takeovers: counterDefinition({
    name: 'trunkline_stream_takeovers_total',
    help: 'Upstream subscriptions that ended while clients listened, by the provider that was lost.',
    labels: ['chain', 'provider', 'stream'],
  }),
  refusals: counterDefinition({
    name: 'trunkline_stream_refusals_total',
    help: 'Upstream subscriptions that a provider refused or left unanswered.',
    labels: ['chain', 'provider', 'stream'],
  }),
  malformed: counterDefinition({
    name: 'trunkline_stream_malformed_events_total',
    help: 'Stream events that could not be read; they are told apart by their bytes.',
    labels: ['chain', 'provider', 'stream'],
  }),
  gaps: counterDefinition({
    name: 'trunkline_stream_gaps_total',
    help: 'Times that a stream went on with a hole: no provider had carried it for a while, or the one that took over had just begun.',
    labels: ['chain', 'stream'],
  }),
  subjects: gaugeDefinition({
    name: 'trunkline_stream_subjects',
    help: 'Accounts beyond one a stream whose last state is kept in mind, so that no older one is told.',
    labels: ['chain'],
  }),
  outdated: counterDefinition({
    name: 'trunkline_stream_outdated_events_total',
    help: 'Stream events that were new but older than what clients have been told, or of a slot that the chain cannot have reached.',
    labels: ['chain', 'provider', 'stream'],
  }),
  parkedDropped: counterDefinition({
    name: 'trunkline_stream_parked_dropped_total',
    help: 'Stream events lost because too many arrived while the message aggregator was being restarted.',
    labels: ['chain', 'stream'],
  }),
  head: gaugeDefinition({
    name: 'trunkline_head_number',
    help: 'The highest block number that is believed.',
    labels: ['chain'],
  }),
  floor: gaugeDefinition({
    name: 'trunkline_head_floor_number',
    help: 'The highest block number that a client may have seen: answers do not go below it.',
    labels: ['chain'],
  }),
  headsIgnored: counterDefinition({
    name: 'trunkline_head_ignored_total',
    help: 'Heads that were not believed: zero or far above what others report and time allows.',
    labels: ['chain', 'provider'],
  }),
  floorExpiries: counterDefinition({
    name: 'trunkline_head_floor_expiries_total',
    help: 'Times that the floor went back because no provider confirmed it any more, as after a reset of the chain.',
    labels: ['chain'],
  }),
} as const;
