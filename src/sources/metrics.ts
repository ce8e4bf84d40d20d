import { counterDefinition, gaugeDefinition } from '../telemetry/metrics.ts';

/** Metrics of the sources of updates. `source` is geyser or logs; `kind` is that of an update. */
export const sourceMetrics = {
  updates: counterDefinition({
    name: 'trunkline_source_updates_total',
    help: 'Updates that were told to subscribers, each once.',
    labels: ['chain', 'source', 'commitment', 'kind'],
  }),
  duplicates: counterDefinition({
    name: 'trunkline_source_duplicates_total',
    help: 'Updates that had been told before: of other endpoints, or replayed after a reconnection.',
    labels: ['chain', 'source', 'commitment'],
  }),
  evicted: counterDefinition({
    name: 'trunkline_source_evicted_keys_total',
    help: 'Keys of updates forgotten because too many were waiting to be settled; such updates can come twice.',
    labels: ['chain', 'source', 'commitment'],
  }),
  bytes: counterDefinition({
    name: 'trunkline_source_received_bytes_total',
    help: 'Bytes of messages of Geyser endpoints.',
    labels: ['chain', 'source', 'commitment', 'endpoint'],
  }),
  connects: counterDefinition({
    name: 'trunkline_source_connects_total',
    help: 'Streams that were opened.',
    labels: ['chain', 'source', 'commitment', 'endpoint'],
  }),
  ends: counterDefinition({
    name: 'trunkline_source_stream_ends_total',
    help: 'Streams that ended, by why: unreachable, refused, exhausted, lagged, expired, stalled, silent, garbage and others.',
    labels: ['chain', 'source', 'commitment', 'endpoint', 'reason'],
  }),
  stalls: counterDefinition({
    name: 'trunkline_source_stalls_total',
    help: 'Streams that were given up because they told nothing while the chain went on.',
    labels: ['chain', 'source', 'commitment', 'endpoint'],
  }),
  implausible: counterDefinition({
    name: 'trunkline_source_implausible_total',
    help: 'Messages of slots so far ahead that they were not believed: no provider knows the chain to be there.',
    labels: ['chain', 'source', 'commitment'],
  }),
  gaps: counterDefinition({
    name: 'trunkline_source_gaps_total',
    help: 'Ranges of slots that the stream did not bring, by reason and by what was fetched in their place.',
    labels: ['chain', 'source', 'commitment', 'reason', 'recovered'],
  }),
  backfilled: counterDefinition({
    name: 'trunkline_source_backfilled_total',
    help: 'Updates that were fetched by calls and had not come on a stream.',
    labels: ['chain', 'source', 'commitment'],
  }),
  callRetries: counterDefinition({
    name: 'trunkline_source_call_retries_total',
    help: 'Calls of a backfill that failed and were made again.',
    labels: ['chain', 'source', 'commitment'],
  }),
  phantoms: counterDefinition({
    name: 'trunkline_source_phantom_signatures_total',
    help: 'Transactions that a provider listed, that none has, and that none lists any more: they are passed over.',
    labels: ['chain', 'source', 'commitment'],
  }),
  pausedSeconds: counterDefinition({
    name: 'trunkline_source_paused_seconds_total',
    help: 'Time for which a stream was not read because its subscribers had no room.',
    labels: ['chain', 'source', 'commitment', 'endpoint'],
  }),
  slot: gaugeDefinition({
    name: 'trunkline_source_slot',
    help: 'The newest slot that the source has seen.',
    labels: ['chain', 'source', 'commitment'],
  }),
  lag: gaugeDefinition({
    name: 'trunkline_source_slot_lag',
    help: 'Slots between the newest one and the one up to which everything is in.',
    labels: ['chain', 'source', 'commitment'],
  }),
  replayMargin: gaugeDefinition({
    name: 'trunkline_source_replay_margin_slots',
    help: 'Slots by which an endpoint can replay further back than is needed; negative: a reconnection would leave a gap.',
    labels: ['chain', 'source', 'commitment', 'endpoint'],
  }),
  unsettledKeys: gaugeDefinition({
    name: 'trunkline_source_unsettled_updates',
    help: 'Updates of slots that are not settled whose keys are kept.',
    labels: ['chain', 'source', 'commitment'],
  }),
  queue: gaugeDefinition({
    name: 'trunkline_source_fetch_queue',
    help: 'Transactions that logs told of and that wait to be fetched.',
    labels: ['chain', 'source', 'commitment'],
  }),
  dropped: counterDefinition({
    name: 'trunkline_source_fetches_dropped_total',
    help: 'Transactions left to the next reconciliation because too many were waiting to be fetched.',
    labels: ['chain', 'source', 'commitment'],
  }),
} as const;
