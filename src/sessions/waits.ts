import type { Clock } from '../clock/clock.ts';
import { SessionError } from './errors.ts';

/** Rejects as soon as `signal` is aborted, otherwise settles as `promise` does. @throws SessionError `session_stopped` */
export function unlessStopped<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(stopped());
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(stopped());
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Resolves after `delayMs`. @throws SessionError `session_stopped` */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, delayMs);
  try {
    await unlessStopped(promise, signal);
  } finally {
    clock.clearTimeout(timer);
  }
}

/** What everything that waits is told at the end. */
export const stopped = () => new SessionError('session_stopped', 'the session builder stops');
