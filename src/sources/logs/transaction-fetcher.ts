import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import type { Clock } from '../../clock/clock.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import type { ListedSignature } from '../backfill/signatures.ts';

type Listed = Pick<ListedSignature, 'signature' | 'slot'>;

/** Something that an address's logs told of. */
interface Told extends Listed {
  readonly address: string;
}

export interface TransactionFetcherOptions {
  /** Transactions that wait at most, counted once for each address that told of them. */
  readonly maxQueue: number;
  readonly timeoutMs: number;
}

export interface TransactionFetcherDeps {
  readonly clock: Clock;
  readonly fetch: (listed: Listed, signal: AbortSignal) => Promise<TransactionUpdate>;
  /** Takes transactions in the order in which they were asked for, by the address whose logs told of them. */
  readonly take: (transaction: TransactionUpdate, address: string) => void;
  /** Whether there is room for more. */
  readonly hasRoom: () => boolean;
  readonly dropped: CounterCell;
}

type Fetching = Promise<TransactionUpdate | undefined>;

const AT_ONCE = 8;
/** Transactions that are kept for the next address that tells of them. */
const KEPT = 256;

/**
 * Fetches the transactions that logs tell of, a few at once, each once, and hands them on in order: for each address that
 * told of them, as only what one address tells is in the order of the chain. It promises nothing: what takes too long or
 * finds the queue full is left to the next comparison.
 */
export class TransactionFetcher {
  readonly #options: TransactionFetcherOptions;
  readonly #deps: TransactionFetcherDeps;
  readonly #queue: Told[] = [];
  /** In the order of the results. */
  readonly #running: { readonly told: Told; readonly fetching: Fetching }[] = [];
  /** What waits, by address and signature. */
  readonly #known = new Set<string>();
  /** By signature, the newest ones. */
  readonly #fetched = new Map<string, Fetching>();
  readonly #stopped = new AbortController();
  #isDraining = false;

  constructor(options: TransactionFetcherOptions, deps: TransactionFetcherDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get size(): number {
    return this.#known.size;
  }

  add({ signature, slot }: Listed, address: string): void {
    const key = keyOf(signature, address);
    if (this.#known.has(key) || this.#stopped.signal.aborted) return;
    if (this.#known.size >= this.#options.maxQueue || !this.#deps.hasRoom()) {
      this.#deps.dropped.inc();
      return;
    }
    this.#known.add(key);
    this.#queue.push({ signature, slot, address });
    if (!this.#isDraining) void this.#drain();
  }

  stop(): void {
    this.#stopped.abort();
    this.#queue.length = 0;
    this.#known.clear();
    this.#fetched.clear();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (;;) {
      while (this.#running.length < AT_ONCE && this.#queue.length > 0) {
        const told = this.#queue.shift()!;
        this.#running.push({ told, fetching: this.#fetchOnce(told) });
      }
      const next = this.#running.shift();
      if (next === undefined) break;
      const { signature, address } = next.told;
      const transaction = await next.fetching;
      this.#known.delete(keyOf(signature, address));
      if (transaction !== undefined && !this.#stopped.signal.aborted) this.#deps.take(transaction, address);
    }
    this.#isDraining = false;
  }

  /** The same for all addresses that tell of it, unless it failed. */
  #fetchOnce(told: Told): Fetching {
    const key = `${told.slot}:${told.signature}`;
    const known = this.#fetched.get(key);
    if (known !== undefined) return known;
    const fetching = this.#fetch(told).then(transaction => {
      if (transaction === undefined) this.#fetched.delete(key);
      return transaction;
    });
    this.#fetched.set(key, fetching);
    if (this.#fetched.size > KEPT) this.#fetched.delete(this.#fetched.keys().next().value!);
    return fetching;
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
    }
  }
}

function keyOf(signature: string, address: string): string {
  return `${address}:${signature}`;
}
