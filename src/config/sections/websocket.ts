import { field, section } from '../field.ts';
import { bytes } from '../values/bytes.ts';
import { duration } from '../values/duration.ts';

/** `websocket`: the connection to a provider's `ws_url`. */
export const websocketSection = section('The WebSocket connection to a provider.', {
  connect_timeout: field(duration({ min: 100, max: 120_000 }).prefault('10s'), {
    doc: 'How long the connection and its handshake may take.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  ping_interval: field(duration({ min: 100, max: 600_000 }).prefault('15s'), {
    doc: 'How often the provider is pinged, in order to notice a connection that is dead but not closed.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  ping_timeout: field(duration({ min: 100, max: 600_000 }).prefault('10s'), {
    doc: 'How long the answer to a ping may take before the connection counts as lost.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  reconnect_min: field(duration({ min: 10, max: 600_000 }).prefault('500ms'), {
    doc: 'The wait before the first reconnection; doubles with each failure, with jitter.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  reconnect_max: field(duration({ min: 10, max: 3_600_000 }).prefault('30s'), {
    doc: 'The longest wait between two reconnections.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  max_payload: field(bytes({ min: 65_536, max: 2 ** 31 }).prefault('64MiB'), {
    doc: 'Largest message that is taken from the provider; a larger one closes the connection.',
    unit: 'bytes',
    applies: 'restart-child',
  }),
});
