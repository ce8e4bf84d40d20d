import type { AttemptOutcome } from './upstream-call.ts';

/** An attempt that found every transport closed: nothing is sent. Returns its cancellation. */
export function refuseAttempt(done: (outcome: AttemptOutcome) => void): () => void {
  let isCancelled = false;
  queueMicrotask(() => {
    if (isCancelled) return;
    done({
      kind: 'failed',
      failure: 'failure',
      code: 'breaker_open',
      reason: 'breaker open',
      sent: false,
      durationMs: 0,
    });
  });
  return () => {
    isCancelled = true;
  };
}
