import type { Head } from '../../chains/chain-family.ts';
import type { BlockName } from './block-tree.ts';

/** A block as it was fetched. */
export interface FetchedBlock {
  readonly head: Head;
  readonly header: Buffer;
}

/** How ancestors are fetched. */
export interface AncestorFetchOptions {
  readonly first: BlockName;
  /** The provider that announced a descendant; asked first. */
  readonly providerId: string;
  /** Blocks above this number are missing for sure: they are fetched side by side from the beginning. */
  readonly sureAbove: () => number;
}

/** What a fetch of ancestors needs. */
export interface AncestorFetchDeps {
  readonly fetch: (
    by: { readonly hash: string } | { readonly number: number },
    options: { readonly providerId?: string; readonly signal: AbortSignal },
  ) => Promise<FetchedBlock | undefined>;
  /** Takes a block that was found; says which one is missing after it, if any. */
  readonly onBlock: (block: FetchedBlock) => BlockName | undefined;
  /** All is there. */
  readonly onDone: () => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const maxAhead = 8;
const firstRetryMs = 100;
const maxRetryMs = 15_000;

/**
 * Fetches the missing ancestors of a block, newest first, up to eight at once. Each is checked against the hash that
 * its child names, so that a provider on another branch contributes nothing. What cannot be had is asked for again,
 * ever more rarely, until somebody stops it.
 */
export class AncestorFetch {
  readonly #options: AncestorFetchOptions;
  readonly #deps: AncestorFetchDeps;
  readonly #ahead = new Map<number, Promise<FetchedBlock | undefined>>();
  readonly #abort = new AbortController();
  #frontier: BlockName | undefined;
  /** Blocks found that might have been there. */
  #deep = 0;

  constructor(options: AncestorFetchOptions, deps: AncestorFetchDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#frontier = options.first;
  }

  /** The block that it waits for; undefined: it is over. */
  get frontier(): BlockName | undefined {
    return this.#frontier;
  }

  /** Settles when all is there or after `stop`; rejects only when a dependency throws. */
  async run(): Promise<void> {
    const { signal } = this.#abort;
    let retryMs = firstRetryMs;
    let isFirstTry = true;
    while (this.#frontier !== undefined && !signal.aborted) {
      const wanted = this.#frontier;
      const block = await this.#get(wanted, isFirstTry);
      if (signal.aborted) return;
      if (block === undefined) {
        this.#ahead.clear();
        await this.#deps.sleep(retryMs, signal);
        retryMs = Math.min(maxRetryMs, retryMs * 2);
        isFirstTry = false;
        continue;
      }
      retryMs = firstRetryMs;
      isFirstTry = true;
      if (wanted.number <= this.#options.sureAbove()) this.#deep++;
      this.#frontier = this.#deps.onBlock(block);
    }
    if (!signal.aborted) this.#deps.onDone();
  }

  /** Nothing is reported after this. */
  stop(): void {
    this.#frontier = undefined;
    this.#abort.abort();
  }

  async #get(wanted: BlockName, isFirstTry: boolean): Promise<FetchedBlock | undefined> {
    const { signal } = this.#abort;
    const isWanted = (block: FetchedBlock | undefined) =>
      block?.head.hash === wanted.hash && block.head.number === wanted.number;
    const ahead = this.#ahead.get(wanted.number);
    this.#ahead.delete(wanted.number);
    const providerId = isFirstTry ? { providerId: this.#options.providerId } : {};
    const byHash =
      ahead === undefined ? this.#deps.fetch({ hash: wanted.hash }, { ...providerId, signal }) : ahead;
    this.#fetchAhead(wanted.number - 1);
    let block = await byHash;
    if (isWanted(block) || signal.aborted) return block;
    // By number the branch of the provider that was asked, by hash what its child names; some nodes know only one of them.
    const other = ahead === undefined ? { number: wanted.number } : { hash: wanted.hash };
    block = await this.#deps.fetch(other, { ...providerId, signal });
    return isWanted(block) ? block : undefined;
  }

  /** Surely missing blocks eight at a time; below the tip, where they may not be missing, as many as turned out to be. */
  #fetchAhead(from: number): void {
    const sureAbove = this.#options.sureAbove();
    const maybe = Math.min(maxAhead, this.#deep);
    for (let number = from; number > from - maxAhead && number >= 0; number--) {
      if (this.#ahead.size >= maxAhead) return;
      if (number <= sureAbove && from - number >= maybe) return;
      if (this.#ahead.has(number)) continue;
      const { providerId } = this.#options;
      this.#ahead.set(number, this.#deps.fetch({ number }, { providerId, signal: this.#abort.signal }));
    }
  }
}
