/** How calls are repeated that are safe to repeat. */
export interface RetryOptions {
  /** Times that a call is sent, at most. @default 3 */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubles with each further one. @default 10 */
  readonly minDelayMs: number;
  /** Milliseconds at most. @default 1000 */
  readonly maxDelayMs: number;
  /** Share by which each delay varies, both ways. @default 0.2 */
  readonly jitter: number;
  /** Calls that may wait for their next attempt at once; one more fails instead. @default 1000 */
  readonly maxWaiting: number;
}

/** Milliseconds to wait after `attempts` attempts; `random` is uniform in [0, 1). */
export function retryDelay(options: RetryOptions, attempts: number, random: number): number {
  const { minDelayMs, maxDelayMs, jitter } = options;
  const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** (attempts - 1));
  return Math.min(maxDelayMs, delayMs * (1 + jitter * (2 * random - 1)));
}
