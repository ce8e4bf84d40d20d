import { type Applies, field } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

/** What a circuit breaker's settings say in their docs, and where their defaults differ. */
export interface BreakerFieldOptions {
  readonly applies: Applies;
  /** Written form of the default of `recovery_timeout`. */
  readonly recoveryTimeout: string;
  /** The docs of `recovery_timeout`: what an open breaker does meanwhile. */
  readonly recoveryDoc: string;
}

/** The settings that every circuit breaker has. */
export function breakerFields({ applies, recoveryTimeout, recoveryDoc }: BreakerFieldOptions) {
  return {
    failure_threshold: field(integer({ min: 1, max: 10_000 }).prefault(5), {
      doc: 'Failures in a row that open the breaker.',
      unit: 'failures',
      applies,
    }),
    recovery_timeout: field(duration({ min: 100, max: 86_400_000 }).prefault(recoveryTimeout), {
      doc: recoveryDoc,
      unit: 'duration',
      applies,
    }),
    success_threshold: field(integer({ min: 1, max: 10_000 }).prefault(2), {
      doc: 'Successes of a half-open breaker that close it; as many calls are let through at once.',
      unit: 'successes',
      applies,
    }),
    max_recovery_timeout: field(duration({ min: 100, max: 86_400_000 }).prefault('10m'), {
      doc: 'The bound of the doubling of `recovery_timeout`.',
      unit: 'duration',
      applies,
    }),
    jitter: field(number({ min: 0, max: 0.5 }).prefault(0.1), {
      doc: 'The share by which a recovery time is made longer or shorter at random, so that breakers do not close together.',
      unit: 'ratio',
      applies,
    }),
  };
}
