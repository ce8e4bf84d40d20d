import { setTimeout as delay } from 'node:timers/promises';
import type { BenchChild } from './child-processes.ts';

/**
 * Polls until `isReady` resolves to true.
 *
 * @throws Error with the child's output when it ends before, or after `timeoutMs`
 */
export async function waitFor(
  child: BenchChild,
  isReady: () => Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (child.hasEnded) throw new Error(`${child.name} ended before it was ready: ${child.output}`);
    if (await isReady().catch(() => false)) return;
    await delay(50);
  }
  throw new Error(`${child.name} was not ready after ${timeoutMs} ms: ${child.output}`);
}

/** Whether a JSON-RPC request posted to `url` is answered with a result. */
export async function answersCall(url: string, body: string): Promise<boolean> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(2_000),
  });
  return answer.ok && 'result' in ((await answer.json()) as object);
}
