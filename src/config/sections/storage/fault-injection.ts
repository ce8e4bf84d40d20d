import { field, section } from '../../field.ts';
import { duration } from '../../values/duration.ts';
import { number } from '../../values/number.ts';

const rate = (doc: string) =>
  field(number({ min: 0, max: 1 }).prefault(0), { doc, unit: 'ratio', applies: 'restart' });

/** `storage.fault_injection`: faults on the channel, on purpose. */
export const faultInjectionSection = section(
  'Faults on the channel, on purpose, to try how a system bears them. Refused when NODE_ENV is `production`.',
  {
    delay: field(duration({ min: 0, max: 60_000 }).prefault(0), {
      doc: 'Added to every answer of the storage runtime.',
      unit: 'duration',
      applies: 'restart',
    }),
    drop_rate: rate('The share of calls that are never answered.'),
    error_rate: rate('The share of calls that fail as `injected_fault` without being run.'),
  },
);
