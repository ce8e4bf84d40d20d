/** Clients that read all the time. */
export interface SteadyReads {
  readonly answered: () => number;
  /** Stops; returns what went wrong. */
  stop(): Promise<readonly string[]>;
}

/** Sends reads to a chain's HTTP address, `concurrency` at a time, until it is stopped. */
export function readSteadily(
  url: string,
  method: string,
  params: unknown[] = [],
  concurrency = 4,
): SteadyReads {
  const failures: string[] = [];
  let answered = 0;
  let isStopped = false;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const running = Array.from({ length: concurrency }, async () => {
    while (!isStopped) {
      try {
        const response = await fetch(url, { method: 'POST', body });
        const text = await response.text();
        if (!response.ok || text.includes('"error"')) failures.push(`${response.status} ${text}`);
        else answered++;
      } catch (error) {
        failures.push(error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error));
      }
    }
  });
  return {
    answered: () => answered,
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
      return failures;
    },
  };
}
