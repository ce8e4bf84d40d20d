import type { Clock, TimerHandle } from './clock.ts';

/** The machine's clock: `performance.now()`, `Date.now()` and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref() as unknown as TimerHandle,
  clearTimeout: handle => clearTimeout(handle as unknown as NodeJS.Timeout | undefined),
  setInterval: (callback, periodMs) => setInterval(callback, periodMs).unref() as unknown as TimerHandle,
  clearInterval: handle => clearInterval(handle as unknown as NodeJS.Timeout | undefined),
};
