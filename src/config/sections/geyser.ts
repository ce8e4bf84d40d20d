import { z } from 'zod';
import { field, section } from '../field.ts';
import { bytes } from '../values/bytes.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';
import { text } from '../values/text.ts';
import { url } from '../values/url.ts';

/** One entry of `geyser.endpoints`. */
const geyserEndpointSection = section('A gRPC server of a Geyser plugin (Yellowstone).', {
  id: field(
    text({
      pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      expected: 'an id of letters, digits, ".", "_" and "-", 64 at most',
    }),
    {
      doc: 'The name of the endpoint in logs and metrics; unique within its chain.',
      applies: 'restart-child',
      child: 'chain',
    },
  ),
  url: field(url('http'), {
    doc: 'Address: `https://…`, or `http://…` for a server without TLS.',
    applies: 'restart-child',
    child: 'chain',
    secret: true,
  }),
  token: field(text({ expected: 'a token' }).optional(), {
    doc: 'Sent as `x-token`.',
    applies: 'restart-child',
    child: 'chain',
    secret: true,
  }),
  priority: field(integer({ min: 0, max: 1000 }).prefault(1), {
    doc: 'In the mode `standby` the endpoint with the lowest number streams, the others stand in for it in this order.',
    applies: 'restart-child',
    child: 'chain',
  }),
});

/** `chains.<name>.geyser`: where the updates of a Solana chain stream from. */
export const geyserSection = section(
  'The gRPC stream of a Solana chain, for pipelines with `source: geyser`. An embedded chain brings its own endpoints.',
  {
    mode: field(choice(['standby', 'race']).prefault('standby'), {
      doc: '`standby`: one endpoint streams and another takes over when it fails; `race`: all stream, and of each update the first arrival counts.',
      applies: 'restart-child',
      child: 'chain',
    }),
    endpoints: field(z.array(geyserEndpointSection).prefault([]), {
      doc: 'The servers. One whose environment variable is unset is left out.',
      applies: 'restart-child',
      child: 'chain',
    }),
    max_message_bytes: field(bytes({ min: 2 ** 20, max: 2 ** 30 }).prefault('64MiB'), {
      doc: 'Largest message that is taken; whole blocks are large.',
      unit: 'bytes',
      applies: 'restart-child',
      child: 'chain',
    }),
    connect_timeout: field(duration({ min: 100, max: 600_000 }).prefault('10s'), {
      doc: 'How long a connection may take until its first message.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    keepalive_interval: field(duration({ min: 1_000, max: 600_000 }).prefault('20s'), {
      doc: 'How often the connection is probed by an HTTP/2 ping.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    keepalive_timeout: field(duration({ min: 100, max: 600_000 }).prefault('10s'), {
      doc: 'How long the answer to that may take.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    ping_interval: field(duration({ min: 1_000, max: 600_000 }).prefault('10s'), {
      doc: 'How often the stream itself is pinged, which also keeps load balancers from cutting it.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    stall_timeout: field(duration({ min: 500, max: 3_600_000 }).prefault('15s'), {
      doc: 'How long a stream may bring no slot before it counts as stalled and is replaced.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    reconnect_min: field(duration({ min: 10, max: 600_000 }).prefault('100ms'), {
      doc: 'Pause before the first reconnect; doubles with each failure.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    reconnect_max: field(duration({ min: 10, max: 3_600_000 }).prefault('30s'), {
      doc: 'Longest pause before a reconnect.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
    }),
    max_backfill: field(integer({ min: 0, max: 1_000_000 }).prefault(1_000), {
      doc: 'Slots that are fetched over RPC at most when the stream does not go back far enough; beyond it a gap is told.',
      unit: 'slots',
      applies: 'restart-child',
      child: 'chain',
    }),
  },
);
