import { breakerName } from '../circuit-breaker/breaker-process.ts';
import type { Transport } from './attempt-counters.ts';

/** The process that owns the breaker of one transport of one provider. */
export const providerBreakerName = (chain: string, provider: string, transport: Transport) =>
  breakerName({ chain, provider, transport });
