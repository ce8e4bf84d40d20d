import { field, section } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

/** `circuit_breaker`: when a failing provider is left alone; one breaker per provider and transport. */
export const circuitBreakerSection = section(
  'When a failing provider is left alone, and when it is tried again. Each provider has one breaker for HTTP and one for WebSocket.',
  {
    failure_threshold: field(integer({ min: 1, max: 10_000 }).prefault(5), {
      doc: 'Failures in a row that open the breaker.',
      unit: 'failures',
      applies: 'restart-child',
    }),
    recovery_timeout: field(duration({ min: 100, max: 86_400_000 }).prefault('60s'), {
      doc: 'How long an open breaker lets nothing through at most before it tries again; doubles with each re-opening. It tries sooner, though not within 5 s (or this time, if shorter), when the provider answers a health probe.',
      unit: 'duration',
      applies: 'restart-child',
    }),
    success_threshold: field(integer({ min: 1, max: 10_000 }).prefault(2), {
      doc: 'Successes of a half-open breaker that close it; as many calls are let through at once.',
      unit: 'successes',
      applies: 'restart-child',
    }),
    max_recovery_timeout: field(duration({ min: 100, max: 86_400_000 }).prefault('10m'), {
      doc: 'The bound of the doubling of `recovery_timeout`.',
      unit: 'duration',
      applies: 'restart-child',
    }),
    jitter: field(number({ min: 0, max: 0.5 }).prefault(0.1), {
      doc: 'The share by which a recovery time is made longer or shorter at random, so that breakers do not close together.',
      unit: 'ratio',
      applies: 'restart-child',
    }),
  },
);
