import { counterDefinition, gaugeDefinition } from '../telemetry/metrics.ts';

/** Metrics of the feed's deliveries. */
export const feedMetrics = {
  subscriptions: gaugeDefinition({
    name: 'trunkline_feed_subscriptions',
    help: 'Subscriptions by state: live (gets events as they come), catching_up (reads the log at its own pace).',
    labels: ['state'],
  }),
  groups: gaugeDefinition({
    name: 'trunkline_feed_groups',
    help: 'Sets of subscriptions that share their frames.',
  }),
  published: counterDefinition({
    name: 'trunkline_feed_events_published_total',
    help: 'Committed events that were handed to deliveries.',
  }),
  delivered: counterDefinition({
    name: 'trunkline_feed_frames_delivered_total',
    help: 'Frames handed to connections; one event counts once a subscription.',
  }),
  bytes: counterDefinition({
    name: 'trunkline_feed_delivered_bytes_total',
    help: 'Bytes of frames handed to connections.',
  }),
  slow: counterDefinition({
    name: 'trunkline_feed_slow_total',
    help: 'Times that a subscription fell back from live because its client did not read, by its strategy.',
    labels: ['strategy'],
  }),
  dropped: counterDefinition({
    name: 'trunkline_feed_dropped_total',
    help: 'Places in the sequence that subscriptions were told they miss, by why: slow (drop_oldest), expired (older than what is kept).',
    labels: ['reason'],
  }),
  disconnects: counterDefinition({
    name: 'trunkline_feed_disconnects_total',
    help: 'Connections ended because their client was too slow and asked for that.',
  }),
  pages: counterDefinition({
    name: 'trunkline_feed_pages_read_total',
    help: 'Pages of events read for catching up, by where from: memory, store, shared (read for another subscription just before).',
    labels: ['source'],
  }),
  reading: gaugeDefinition({
    name: 'trunkline_feed_pages_being_read',
    help: 'Reads of the store in flight for catching up.',
  }),
  lag: gaugeDefinition({
    name: 'trunkline_feed_catch_up_lag_max',
    help: 'Events between the subscription that is farthest behind and the last event.',
  }),
} as const;
