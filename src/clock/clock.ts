/** Handle of a pending timer; only the clock that made it can clear it. */
export type TimerHandle = { readonly __timer: unique symbol };

/**
 * The only source of time in behaviour. Deadlines, windows and breakers use `now()`, which is monotonic:
 * a jump of the wall clock does not move it.
 */
export interface Clock {
  /** Monotonic milliseconds, fractional, from an arbitrary origin. */
  now(): number;
  /** Wall-clock milliseconds since the Unix epoch; for display and for durable timestamps only. */
  wallNow(): number;
  /** Runs `callback` once after `delayMs`. The timer does not keep the process alive. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle | undefined): void;
  /** Runs `callback` every `periodMs` until cleared. The timer does not keep the process alive. */
  setInterval(callback: () => void, periodMs: number): TimerHandle;
  clearInterval(handle: TimerHandle | undefined): void;
}
