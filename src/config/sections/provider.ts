import { z } from 'zod';
import { field, section } from '../field.ts';
import { integer } from '../values/number.ts';
import { text } from '../values/text.ts';
import { url } from '../values/url.ts';

const headerValue = () =>
  text({ pattern: /^[\x20-\x7e]*$/, expected: 'a header value of printable ASCII characters' });

/** Names that a header of a provider may have: those that HTTP itself needs are not for us to set. */
const headerName = z
  .string()
  .regex(
    /^(?!(?:host|connection|content-length|content-type|transfer-encoding|upgrade|keep-alive|te|trailer)$)[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/i,
  );

/** One entry of `providers`: an upstream that answers a chain's calls. */
export const providerSection = section(
  'An upstream that answers calls and sends events; at least one of `url` and `ws_url`.',
  {
    id: field(
      text({
        pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
        expected: 'an id of letters, digits, ".", "_" and "-", 64 at most',
      }),
      {
        doc: 'The name of the provider in logs, metrics and headers; unique within its chain.',
        applies: 'restart-child',
      },
    ),
    url: field(url('http').optional(), {
      doc: 'HTTP address for calls: `https://…` or `http://…`.',
      applies: 'restart-child',
      secret: true,
    }),
    ws_url: field(url('websocket').optional(), {
      doc: 'WebSocket address for events, and for calls when there is no `url`: `wss://…` or `ws://…`.',
      applies: 'restart-child',
      secret: true,
    }),
    priority: field(integer({ min: 0, max: 1000 }).prefault(1), {
      doc: 'Rank for the strategy `priority`: the lowest number is asked first, equal numbers take turns.',
      applies: 'restart-child',
    }),
    weight: field(integer({ min: 1, max: 1000 }).prefault(1), {
      doc: 'Share of the calls under `round_robin` and `latency_weighted`, against the weights of the others.',
      applies: 'restart-child',
    }),
    headers: field(z.record(headerName, headerValue()).prefault({}), {
      doc: `HTTP headers that every request and WebSocket handshake carries, e.g. "Authorization: Bearer \${TOKEN}".`,
      applies: 'restart-child',
      secret: true,
    }),
  },
);

export type ProviderConfig = z.output<typeof providerSection>;
