import type { Clock } from './clock.ts';

/** Settles after `ms`, or as soon as `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve();
    const end = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
