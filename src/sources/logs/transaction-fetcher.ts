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
  /** Transactions that wait at most; eight times as many where several addresses tell of each. */
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
/** Times that each transaction may wait on average, for as many addresses. */
const TELLINGS = 8;
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
  /** Addresses for which each transaction waits. */
  readonly #waiting = new Map<string, Set<string>>();
  #tellings = 0;
  /** The newest ones. */
  readonly #fetched = new Map<string, Fetching>();
  /** Fetches under way. */
  #fetching = 0;
  readonly #stopped = new AbortController();
  #isDraining = false;

  constructor(options: TransactionFetcherOptions, deps: TransactionFetcherDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Transactions that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  add({ signature, slot }: Listed, address: string): void {
    const told = { signature, slot, address };
    const addresses = this.#waiting.get(keyOf(told));
    if (addresses?.has(address) === true || this.#stopped.signal.aborted) return;
    const { maxQueue } = this.#options;
    const isFull = addresses === undefined && this.#waiting.size >= maxQueue;
    if (isFull || this.#tellings >= TELLINGS * maxQueue || !this.#deps.hasRoom()) {
      this.#deps.dropped.inc();
      return;
    }
    if (addresses === undefined) this.#waiting.set(keyOf(told), new Set([address]));
    else addresses.add(address);
    this.#tellings++;
    this.#queue.push(told);
    this.#fill();
    if (!this.#isDraining) void this.#drain();
  }

  stop(): void {
    this.#stopped.abort();
    this.#queue.length = 0;
    this.#waiting.clear();
    this.#fetched.clear();
  }

  #fill(): void {
    while (this.#fetching < AT_ONCE && this.#queue.length > 0) {
      const told = this.#queue.shift()!;
      this.#running.push({ told, fetching: this.#fetchOnce(told) });
    }
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (;;) {
      const next = this.#running.shift();
      if (next === undefined) break;
      const transaction = await next.fetching;
      this.#forget(next.told);
      if (transaction !== undefined && !this.#stopped.signal.aborted)
        this.#deps.take(transaction, next.told.address);
    }
    this.#isDraining = false;
  }

  #forget(told: Told): void {
    this.#tellings--;
    const addresses = this.#waiting.get(keyOf(told));
    addresses?.delete(told.address);
    if (addresses?.size === 0) this.#waiting.delete(keyOf(told));
  }

  /** The same for all addresses that tell of it, unless it failed. */
  #fetchOnce(told: Told): Fetching {
    const key = keyOf(told);
    const known = this.#fetched.get(key);
    if (known !== undefined) return known;
    const fetching = this.#fetch(told).then(transaction => {
      if (transaction === undefined && this.#fetched.get(key) === fetching) this.#fetched.delete(key);
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
    this.#fetching++;
    try {
      return await fetch(listed, AbortSignal.any([late.signal, this.#stopped.signal]));
    } catch {
      dropped.inc();
      return undefined;
    } finally {
      clock.clearTimeout(timer);
      this.#fetching--;
      this.#fill();
    }
  }
}

function keyOf({ signature, slot }: Listed): string {
  return `${slot}:${signature}`;
}
