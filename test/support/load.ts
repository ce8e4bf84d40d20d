/** What a burst of requests came to. */
export interface LoadResult {
  readonly sent: number;
  /** HTTP errors, broken connections and JSON-RPC errors, as text. */
  readonly failures: readonly string[];
  /** Milliseconds per request, ascending. */
  readonly latencies: readonly number[];
  readonly results: readonly unknown[];
}

/** Sends `count` calls, at most `concurrency` at a time. */
export async function sendCalls(
  url: string,
  method: string,
  params: unknown[],
  count: number,
  concurrency = 16,
): Promise<LoadResult> {
  const failures: string[] = [];
  const latencies: number[] = [];
  const results: unknown[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(concurrency, count) }, async () => {
      while (next < count) {
        const id = next++;
        const startedAt = performance.now();
        try {
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
          });
          const answer = (await response.json()) as { id: number; result?: unknown; error?: unknown };
          if (answer.error !== undefined) failures.push(JSON.stringify(answer.error));
          else if (answer.id !== id) failures.push(`id ${answer.id} for ${id}`);
          else results.push(answer.result);
        } catch (error) {
          failures.push(String(error));
        }
        latencies.push(performance.now() - startedAt);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  return { sent: count, failures, latencies, results };
}
