import { field, section } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';

/** `http`: the connections to a provider's `url`. */
export const httpSection = section('The HTTP connections to a provider.', {
  connections: field(integer({ min: 1, max: 10_000 }).prefault(256), {
    doc: 'Connections that are open to one provider at once; further calls wait for a free one.',
    unit: 'connections',
    applies: 'restart-child',
  }),
  connect_timeout: field(duration({ min: 50, max: 120_000 }).prefault('3s'), {
    doc: 'How long opening a connection may take, TLS included.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  keep_alive_timeout: field(duration({ min: 100, max: 3_600_000 }).prefault('30s'), {
    doc: 'How long an idle connection is kept for the next call.',
    unit: 'duration',
    applies: 'restart-child',
  }),
});
