import { field, section } from '../field.ts';
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
    doc: 'Providers that logs and pending transactions are taken from at once; new heads are taken from all.',
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
});
