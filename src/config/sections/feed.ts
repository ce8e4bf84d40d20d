import type { z } from 'zod';
import { field, section } from '../field.ts';
import { bytes } from '../values/bytes.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

const retentionSection = section('How long the history goes back; whichever bound is reached first.', {
  age: field(duration({ min: 1_000, max: 10 * 365 * 86_400_000 }).prefault('24h'), {
    doc: 'Age at which an event may be removed.',
    unit: 'duration',
    applies: 'restart',
  }),
  bytes: field(bytes({ min: 2 ** 20, max: 2 ** 40 }).prefault('1GiB'), {
    doc: 'Bytes of events that are kept. Without storage the history is in memory and has at most `feed.memory`.',
    unit: 'bytes',
    applies: 'restart',
  }),
});

const backlogSection = section('Events that are not yet in the log, as when the disk is slow or full.', {
  max_bytes: field(bytes({ min: 2 ** 20, max: 2 ** 32 }).prefault('64MiB'), {
    doc: 'Bytes that wait at most. Then the chains wait too: what they miss meanwhile is fetched afterwards.',
    unit: 'bytes',
    applies: 'restart',
  }),
  shed_at: field(number({ min: 0.01, max: 1 }).prefault(0.5), {
    doc: 'The share of `max_bytes` above which pending transactions are left out, and a gap says how many.',
    unit: 'ratio',
    applies: 'restart',
  }),
});

const replaySection = section('Reading of the log by clients that resume, or that could not keep up.', {
  page_events: field(integer({ min: 10, max: 100_000 }).prefault(2_000), {
    doc: 'Events read at once for one subscription.',
    unit: 'events',
    applies: 'restart',
  }),
  page_bytes: field(bytes({ min: 4_096, max: 2 ** 26 }).prefault('256KiB'), {
    doc: 'Bytes read at once for one subscription.',
    unit: 'bytes',
    applies: 'restart',
  }),
  concurrency: field(integer({ min: 1, max: 10_000 }).prefault(32), {
    doc: 'Pages in memory at once, over all subscriptions; the others take turns.',
    unit: 'pages',
    applies: 'restart',
  }),
});

/** `feed`: the events of all chains as one durable sequence. */
export const feedSection = section(
  'The event feed at `/feed`, which also carries `eth_subscribe` and filters.',
  {
    retention: field(retentionSection.prefault({}), {
      doc: 'How long the history goes back.',
      applies: 'restart',
    }),
    memory: field(bytes({ min: 2 ** 20, max: 2 ** 34 }).prefault('32MiB'), {
      doc: 'Bytes of the newest events that are in memory too, for clients that are nearly up to date.',
      unit: 'bytes',
      applies: 'restart',
    }),
    backlog: field(backlogSection.prefault({}), {
      doc: 'Events that are not yet in the log.',
      applies: 'restart',
    }),
    keep_gathering: field(duration({ min: 0, max: 365 * 86_400_000 }).prefault('1h'), {
      doc: 'How long logs and pending transactions that a client followed are gathered after it has left, so that it can resume. One that comes back later is told of the gap.',
      unit: 'duration',
      applies: 'restart',
    }),
    max_subscriptions: field(integer({ min: 1, max: 10_000_000 }).prefault(100_000), {
      doc: 'Subscriptions over all clients, those of `eth_subscribe` included; more are refused. A connection has at most `server.ws.max_subscriptions`.',
      unit: 'subscriptions',
      applies: 'restart',
    }),
    max_log_patterns: field(integer({ min: 1, max: 1_000_000 }).prefault(10_000), {
      doc: 'Distinct address and topic pairs of a chain that are followed one by one; above it all logs of the chain are gathered.',
      unit: 'patterns',
      applies: 'restart',
    }),
    max_buffered_bytes: field(bytes({ min: 4_096, max: 2 ** 30 }).prefault('1MiB'), {
      doc: 'What a client may leave unread before its `strategy` applies: by default it reads from the log from then on, at its own pace.',
      unit: 'bytes',
      applies: 'restart',
    }),
    drop_oldest_keeps: field(integer({ min: 1, max: 1_000_000 }).prefault(1_000), {
      doc: 'Newest events that a slow client with the strategy `drop_oldest` still gets.',
      unit: 'events',
      applies: 'restart',
    }),
    replay: field(replaySection.prefault({}), { doc: 'Reading of the log by clients.', applies: 'restart' }),
  },
);

export type FeedConfig = z.output<typeof feedSection>;
