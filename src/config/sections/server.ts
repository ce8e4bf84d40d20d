import { z } from 'zod';
import { field, section } from '../field.ts';
import { bytes } from '../values/bytes.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';
import { text } from '../values/text.ts';

const origin = () =>
  text({
    pattern: /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/\s?#]+)$/,
    expected: 'an origin such as "https://app.example" or "*"',
    hint: 'an origin is scheme, host and port, without a path or a slash at the end',
  });

const cors = section('Which web pages may call over HTTP. Credentials are never allowed.', {
  origins: field(z.array(origin()).prefault([]), {
    doc: 'Origins whose pages may read answers; "*" allows every page. Pages that Trunkline itself serves always may.',
    applies: 'live',
  }),
  max_age: field(duration({ min: 0, max: 86_400_000 }).prefault('10m'), {
    doc: 'How long a browser may keep the answer to a preflight request.',
    unit: 'duration',
    applies: 'live',
  }),
});

const ws = section('WebSocket connections of clients.', {
  max_payload: field(bytes({ min: 1024 }).prefault('5MiB'), {
    doc: 'Largest message that a client may send; a larger one closes its connection with code 1009.',
    unit: 'bytes',
    applies: 'restart',
  }),
  allowed_origins: field(z.array(origin()).prefault([]), {
    doc: 'Origins whose pages may open a WebSocket; "*" allows every page. Clients that are no browser send no Origin and always may.',
    applies: 'live',
  }),
  max_subscriptions: field(integer({ min: 1, max: 100_000 }).prefault(1000), {
    doc: 'Subscriptions that one connection may hold; one more is answered with an error.',
    unit: 'subscriptions',
    applies: 'live',
  }),
  max_buffered_bytes: field(bytes({ min: 65_536 }).prefault('16MiB'), {
    doc: 'Bytes that may wait for a slow client before its connection is closed with code 1013.',
    unit: 'bytes',
    applies: 'live',
  }),
  ping_interval: field(duration({ min: 1000 }).prefault('30s'), {
    doc: 'How often a client is pinged; one that has not answered by the next ping is disconnected.',
    unit: 'duration',
    applies: 'restart',
  }),
});

/** `server`: the one port that clients connect to, and what it accepts. */
export const serverSection = section('The one port that clients connect to, and what it accepts.', {
  host: field(
    text({ pattern: /^[A-Za-z0-9.:_-]{1,253}$/, expected: 'a host name or an IP address' }).prefault(
      '127.0.0.1',
    ),
    {
      doc: 'Address to listen on. 127.0.0.1 is reachable from this machine only; 0.0.0.0 from everywhere.',
      applies: 'restart',
    },
  ),
  port: field(integer({ min: 0, max: 65_535 }).prefault(4000), {
    doc: 'TCP port to listen on; 0 takes any free one.',
    applies: 'restart',
  }),
  ws_port: field(integer({ min: 1, max: 65_535 }).optional(), {
    doc: 'A second port that serves the same. `@solana/web3.js` opens its WebSocket at the port after the one in its address, unless it is told another by `wsEndpoint`.',
    applies: 'restart',
  }),
  max_request_bytes: field(bytes({ min: 1024 }).prefault('10MiB'), {
    doc: 'Largest request body, after decompression; a larger one is answered 413.',
    unit: 'bytes',
    applies: 'live',
  }),
  max_response_bytes: field(bytes({ min: 1024, max: 2 ** 31 }).prefault('128MiB'), {
    doc: 'Largest answer that is taken from a provider; a larger one fails the attempt.',
    unit: 'bytes',
    applies: 'restart',
  }),
  max_batch_size: field(integer({ min: 1, max: 100_000 }).prefault(1000), {
    doc: 'Calls that one JSON-RPC batch may hold; a longer one is answered with one error.',
    unit: 'calls',
    applies: 'live',
  }),
  max_depth: field(integer({ min: 4, max: 1000 }).prefault(64), {
    doc: 'How deep the JSON of a request may nest; a deeper one is refused before it is parsed.',
    unit: 'levels',
    applies: 'live',
  }),
  max_connections: field(integer({ min: 1, max: 1_000_000 }).prefault(10_000), {
    doc: 'Connections that are open at once, HTTP and WebSocket together; further ones are closed.',
    unit: 'connections',
    applies: 'restart',
  }),
  max_concurrent_requests: field(integer({ min: 1, max: 1_000_000 }).prefault(10_000), {
    doc: 'Requests that are in flight at once; further ones are answered 503 at once.',
    unit: 'requests',
    applies: 'live',
  }),
  headers_timeout: field(duration({ min: 100 }).prefault('5s'), {
    doc: 'How long a client may take to send its HTTP headers before it is answered 408.',
    unit: 'duration',
    applies: 'restart',
  }),
  request_body_timeout: field(duration({ min: 100 }).prefault('10s'), {
    doc: 'How long a client may take to send a request body before it is answered 408.',
    unit: 'duration',
    applies: 'restart',
  }),
  keep_alive_timeout: field(duration({ min: 0 }).prefault('65s'), {
    doc: 'How long an idle HTTP connection stays open; longer than the idle time-out of a load balancer in front.',
    unit: 'duration',
    applies: 'restart',
  }),
  drain_timeout: field(duration({ min: 0 }).prefault('10s'), {
    doc: 'How long running requests may take to finish after SIGTERM before they are cut off.',
    unit: 'duration',
    applies: 'live',
  }),
  allowed_hosts: field(
    z
      .array(
        text({
          pattern: /^(\*|[A-Za-z0-9.:_[\]-]{1,253})$/,
          expected: 'a host name without scheme and port, or "*"',
        }),
      )
      .prefault([]),
    {
      doc: 'Further names that a request may carry in its Host header. A loopback listener answers only to loopback names and these; another answers to all while the list is empty.',
      applies: 'live',
    },
  ),
  cors: field(cors.prefault({}), { doc: 'Which web pages may call over HTTP.', applies: 'live' }),
  ws: field(ws.prefault({}), { doc: 'WebSocket connections of clients.', applies: 'live' }),
});

export type ServerConfig = z.output<typeof serverSection>;
