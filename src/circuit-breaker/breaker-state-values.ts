import type { BreakerState } from './circuit-breaker.ts';

/** What a gauge of a breaker's state shows; each feature that has a breaker declares a gauge with labels of its own. */
export const breakerStateValues: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  half_open: 1,
  open: 2,
  unowned: 3,
};
