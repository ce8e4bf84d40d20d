import type { RetryPolicy } from '../pipeline-options.ts';

/** Milliseconds to wait after `attempts` tries; `random` is uniform in [0, 1). */
export function retryDelay(policy: RetryPolicy, attempts: number, random: number): number {
  const { delayMs, maxDelayMs, multiplier, jitter } = policy;
  const delay = Math.min(maxDelayMs, delayMs * multiplier ** (attempts - 1));
  return Math.min(maxDelayMs, delay * (1 + jitter * (2 * random - 1)));
}
