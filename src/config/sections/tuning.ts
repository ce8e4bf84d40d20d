import { aggregationSection } from './aggregation.ts';
import { circuitBreakerSection } from './circuit-breaker.ts';
import { failoverSection } from './failover.ts';
import { healthSection } from './health.ts';
import { httpSection } from './http.ts';
import { selectionSection } from './selection.ts';
import { websocketSection } from './websocket.ts';

/** The sections that may stand under a chain, and under `defaults` for all chains. */
export const tuningSections = {
  selection: selectionSection,
  failover: failoverSection,
  aggregation: aggregationSection,
  circuit_breaker: circuitBreakerSection,
  health: healthSection,
  websocket: websocketSection,
  http: httpSection,
} as const;
