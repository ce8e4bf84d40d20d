import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import type { Clock } from '../../clock/clock.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import type { ListedSignature } from '../backfill/signatures.ts';

type Listed = Pick<ListedSignature, 'signature' | 'slot'>;

export interface TransactionFetcherOptions {
  readonly maxQueue: number;
  readonly timeoutMs: number;
}

export interface TransactionFetcherDeps {
  readonly clock: Clock;
  readonly fetch: (listed: Listed, signal: AbortSignal) => Promise<TransactionUpdate>;
  /** Takes transactions in the order in which they were asked for. */
  readonly take: (transaction: TransactionUpdate) => void;
  /** Whether there is room for more. */
  readonly hasRoom: () => boolean;
  readonly dropped: CounterCell;
}

const AT_ONCE = 8;

/**
 * Fetches the transactions that logs tell of, a few at once, each once, and hands them on in order. It promises nothing:
 * what takes too long or finds the queue full is left to the next comparison.
 */
export class TransactionFetcher {
  readonly #options: TransactionFetcherOptions;
  readonly #deps: TransactionFetcherDeps;
  readonly #queue: Listed[] = [];
  /** In the order of the results. */
  readonly #running: Promise<TransactionUpdate | undefined>[] = [];
  readonly #known = new Set<string>();
  readonly #stopped = new AbortController();
  #isDraining = false;

  constructor(options: TransactionFetcherOptions, deps: TransactionFetcherDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get size(): number {
    return this.#known.size;
  }

  add(listed: Listed): void {
    const { signature } = listed;
    if (this.#known.has(signature) || this.#stopped.signal.aborted) return;
    if (this.#known.size >= this.#options.maxQueue || !this.#deps.hasRoom()) {
      this.#deps.dropped.inc();
      return;
    }
    this.#known.add(signature);
    this.#queue.push(listed);
    if (!this.#isDraining) void this.#drain();
  }

  stop(): void {
    this.#stopped.abort();
    this.#queue.length = 0;
    this.#known.clear();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (;;) {
      while (this.#running.length < AT_ONCE && this.#queue.length > 0) {
        this.#running.push(this.#fetch(this.#queue.shift()!));
      }
      const next = this.#running.shift();
      if (next === undefined) break;
      const transaction = await next;
      if (transaction !== undefined && !this.#stopped.signal.aborted) this.#deps.take(transaction);
    }
    this.#isDraining = false;
  }

  async #fetch(listed: Listed): Promise<TransactionUpdate | undefined> {
    const { clock, fetch, dropped } = this.#deps;
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(), this.#options.timeoutMs);
    try {
      return await fetch(listed, AbortSignal.any([late.signal, this.#stopped.signal]));
    } catch {
      dropped.inc();
      return undefined;
    } finally {
      clock.clearTimeout(timer);
      this.#known.delete(listed.signature);
    }
  }
}
