import { type FieldMeta, field } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

/**
 * The fields of tries that pause longer and longer: `attempts`, `delay`, `max_delay`, `multiplier`, `jitter`.
 *
 * @param attempts what becomes of it after the last one, as a sentence
 */
export function backoffFields(attempts: string, applies: Pick<FieldMeta, 'applies' | 'child'>) {
  return {
    attempts: field(integer({ min: 1, max: 1000 }).prefault(5), { doc: attempts, ...applies }),
    delay: field(duration({ min: 1, max: 3_600_000 }).prefault('100ms'), {
      doc: 'Pause before the second try.',
      unit: 'duration',
      ...applies,
    }),
    max_delay: field(duration({ min: 1, max: 3_600_000 }).prefault('30s'), {
      doc: 'Longest pause.',
      unit: 'duration',
      ...applies,
    }),
    multiplier: field(number({ min: 1, max: 10 }).prefault(2), {
      doc: 'By how much each pause is longer than the one before.',
      ...applies,
    }),
    jitter: field(number({ min: 0, max: 1 }).prefault(0.2), {
      doc: 'Share by which each pause varies.',
      unit: 'ratio',
      ...applies,
    }),
  };
}
