import { section } from '../field.ts';
import { breakerFields } from './breaker-fields.ts';

/** `circuit_breaker`: when a failing provider is left alone; one breaker per provider and transport. */
export const circuitBreakerSection = section(
  'When a failing provider is left alone, and when it is tried again. Each provider has one breaker for HTTP and one for WebSocket.',
  breakerFields({
    applies: 'restart-child',
    recoveryTimeout: '60s',
    recoveryDoc:
      'How long an open breaker lets nothing through at most before it tries again; doubles with each re-opening. It tries sooner, though not within 5 s (or this time, if shorter), when the provider answers a health probe.',
  }),
);
