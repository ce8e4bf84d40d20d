import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

/** `aggregation`: how one event stream is made of many. */
export const aggregationSection = section('How the event streams of several providers become one.', {
  max_cache_size: field(integer({ min: 100, max: 10_000_000 }).prefault(10_000), {
    doc: 'Events that are remembered in order to recognise repetitions; the oldest are forgotten first.',
    unit: 'events',
    applies: 'restart-child',
    child: 'chain',
  }),
  deduplication_window: field(duration({ min: 10, max: 3_600_000 }).prefault('2s'), {
    doc: 'How long a pending transaction is remembered, so that its copies from slower providers are dropped. Heads and logs, which a block anchors, are remembered until `max_cache_size` is reached.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'chain',
  }),
  eviction_ratio: field(number({ min: 0.001, max: 1 }).prefault(0.1), {
    doc: 'The share of the cache that is freed at once when it is full.',
    unit: 'ratio',
    applies: 'restart-child',
    child: 'chain',
  }),
  width: field(integer({ min: 1, max: 16 }).prefault(2), {
    doc: 'Providers that pending transactions (and logs, with `log_source: race`) are taken from at once; new heads are taken from all.',
    unit: 'providers',
    applies: 'restart-child',
    child: 'chain',
  }),
  max_streams: field(integer({ min: 1, max: 100_000 }).prefault(1000), {
    doc: 'Distinct event streams (kind and filter) that are open upstream at once, over all clients.',
    unit: 'streams',
    applies: 'restart-child',
    child: 'chain',
  }),
  logs: field(choice(['demand', 'all']).prefault('demand'), {
    doc: 'Which logs go to the event feed. `demand`: those that a subscription or filter asks for, and for `feed.keep_gathering` longer; a block whose bloom excludes them costs no call. `all`: every log, whether or not somebody asks, at one call a block.',
    applies: 'restart-child',
    child: 'chain',
  }),
  log_source: field(choice(['fetch', 'race']).prefault('fetch'), {
    doc: 'Where the logs of a block come from. `fetch`: one `eth_getLogs` a block that may hold a wanted one. `race`: subscriptions to all logs at `width` providers, and the call only where these do not add up to the bloom of the block; for nodes of your own, as others bill what they push.',
    applies: 'restart-child',
    child: 'chain',
  }),
  max_reorg_depth: field(integer({ min: 1, max: 256 }).prefault(128), {
    doc: 'Blocks that a reorganisation may replace; a deeper one begins the chain anew and is said as a gap.',
    unit: 'blocks',
    applies: 'restart-child',
    child: 'chain',
  }),
  max_backfill: field(integer({ min: 1, max: 1_000_000 }).prefault(1000), {
    doc: 'Blocks that are fetched after an outage; those before them are said as a gap.',
    unit: 'blocks',
    applies: 'restart-child',
    child: 'chain',
  }),
  finality_interval: field(duration({ min: 100, max: 3_600_000 }).prefault('12s'), {
    doc: 'How often the `safe` and `finalized` blocks are asked for.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'chain',
    derivedDefault: '`12s`, or `block_time` when that is longer',
  }),
});
