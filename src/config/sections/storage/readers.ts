import { field, section } from '../../field.ts';
import { duration } from '../../values/duration.ts';
import { integer, number } from '../../values/number.ts';

/** `storage.readers`: threads that only read, beside the one that writes. */
export const readersSection = section(
  'Threads that only read, beside the one that reads and writes. Off unless `max` is above 0.',
  {
    min: field(integer({ min: 0, max: 64 }).prefault(0), {
      doc: 'Reader threads that always run.',
      unit: 'threads',
      applies: 'restart',
    }),
    max: field(integer({ min: 0, max: 64 }).prefault(0), {
      doc: 'Reader threads at most; more than cores bring nothing.',
      unit: 'threads',
      applies: 'restart',
    }),
    scale_up_at: field(integer({ min: 1, max: 1_000_000 }).prefault(500), {
      doc: 'Pending reads per thread above which another reader is started.',
      unit: 'commands',
      applies: 'restart',
    }),
    scale_down_at: field(number({ min: 0, max: 1_000_000 }).prefault(50), {
      doc: 'Pending reads per thread below which a reader is ended, when it stays so for three intervals.',
      unit: 'commands',
      applies: 'restart',
    }),
    interval: field(duration({ min: 10, max: 3_600_000 }).prefault('1s'), {
      doc: 'How often the number of readers is reconsidered.',
      unit: 'duration',
      applies: 'restart',
    }),
    cooldown: field(duration({ min: 0, max: 3_600_000 }).prefault('10s'), {
      doc: 'How long the number stays as it is after a change.',
      unit: 'duration',
      applies: 'restart',
    }),
  },
);
