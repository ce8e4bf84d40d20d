const maxMethods = 256;

/** What a simulated provider has seen since it started, or since the last reset. */
export interface ProviderCounters {
  /** Connections accepted. */
  readonly connections: number;
  readonly openConnections: number;
  readonly openWebSockets: number;
  /** JSON-RPC calls that arrived, also those that a fault left unanswered. */
  readonly requests: number;
  readonly requestsByMethod: Readonly<Record<string, number>>;
  /** Subscriptions that clients hold at the moment. */
  readonly subscriptions: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** When the last request arrived, on the clock's `now()`; undefined: none has. */
  readonly lastRequestAt: number | undefined;
}

/** Counts calls by method; beyond 256 methods the rest is counted as "other". */
export class MethodCounter {
  readonly #counts = new Map<string, number>();
  total = 0;
  lastAt: number | undefined;

  add(method: string, now: number): void {
    this.total++;
    this.lastAt = now;
    const count = this.#counts.get(method);
    if (count !== undefined) this.#counts.set(method, count + 1);
    else if (this.#counts.size < maxMethods) this.#counts.set(method, 1);
    else this.#counts.set('other', (this.#counts.get('other') ?? 0) + 1);
  }

  byMethod(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  reset(): void {
    this.#counts.clear();
    this.total = 0;
    this.lastAt = undefined;
  }
}
