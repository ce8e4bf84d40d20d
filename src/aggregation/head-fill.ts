import type { Head } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import { headerOf } from './block-header.ts';
import type { HeadEvent, HeadGap } from './head-sequence.ts';

/** The `result` bytes of `eth_getBlockByNumber(number, false)` from any provider that has it; `undefined`: none. */
export type FetchBlock = (number: number) => Promise<Buffer | undefined>;

/** What to fetch, and where to stop. */
export interface HeadFillOptions {
  readonly gap: HeadGap;
  /** The number forwarded last: blocks above it are fetched side by side. */
  readonly tipNumber: number;
  /** Whether a hash was forwarded: the fill ends there. */
  readonly isKnown: (hash: string) => boolean;
  /** Blocks at most; the newest ones are fetched. */
  readonly maxBlocks: number;
  readonly timeoutMs: number;
}

const inFlight = 8;
/** A new head asks for its ancestors before everybody has heard of it. */
const tryDelaysMs = [0, 100, 400];

/**
 * Fetches the blocks between what was forwarded and a new head, newest first, each checked against the hash that
 * its child names, so that a provider on another fork contributes nothing.
 */
export class HeadFill {
  readonly #options: HeadFillOptions;
  readonly #fetchBlock: FetchBlock;
  readonly #readHead: (result: Buffer) => Head | undefined;
  readonly #clock: Clock;
  readonly #requests = new Map<number, Promise<HeadEvent | undefined>>();
  #stop: () => void = () => {};

  constructor(
    options: HeadFillOptions,
    deps: {
      readonly fetchBlock: FetchBlock;
      readonly readHead: (result: Buffer) => Head | undefined;
      readonly clock: Clock;
    },
  ) {
    this.#options = options;
    this.#fetchBlock = deps.fetchBlock;
    this.#readHead = deps.readHead;
    this.#clock = deps.clock;
  }

  /** The blocks found, oldest first: whole when the parent of the first one is known. Never rejects. */
  async run(): Promise<HeadEvent[]> {
    const { gap, isKnown, maxBlocks, timeoutMs } = this.#options;
    const stopped = new Promise<undefined>(resolve => {
      this.#stop = () => resolve(undefined);
    });
    const timer = this.#clock.setTimeout(() => this.#stop(), timeoutMs);
    const found: HeadEvent[] = [];
    let { hash, to: number } = gap;
    while (found.length < maxBlocks && number >= 0 && !isKnown(hash)) {
      const event = await Promise.race([this.#request(number, maxBlocks - found.length), stopped]);
      if (event === undefined || event.head.hash !== hash) break;
      found.push(event);
      hash = event.head.parentHash;
      number--;
    }
    this.#clock.clearTimeout(timer);
    return found.reverse();
  }

  /** Ends the fill with what has been found so far. */
  stop(): void {
    this.#stop();
  }

  /** The block, with those below it on their way too as long as they are surely missing. */
  #request(number: number, left: number): Promise<HeadEvent | undefined> {
    const lowest = Math.max(this.#options.tipNumber + 1, number - Math.min(inFlight, left) + 1);
    for (let ahead = number; ahead >= Math.min(lowest, number); ahead--) {
      if (!this.#requests.has(ahead)) this.#requests.set(ahead, this.#fetch(ahead));
    }
    const request = this.#requests.get(number)!;
    this.#requests.delete(number);
    return request;
  }

  async #fetch(number: number): Promise<HeadEvent | undefined> {
    for (const delayMs of tryDelaysMs) {
      await this.#sleep(delayMs);
      const event = await this.#tryFetch(number);
      if (event !== undefined) return event;
    }
    return undefined;
  }

  async #tryFetch(number: number): Promise<HeadEvent | undefined> {
    try {
      const block = await this.#fetchBlock(number);
      const head = block === undefined ? undefined : this.#readHead(block);
      return block === undefined || head === undefined ? undefined : { head, result: headerOf(block) };
    } catch {
      // A block that cannot be had ends the fill; what is missing is counted by the caller.
      return undefined;
    }
  }

  #sleep(ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise(resolve => this.#clock.setTimeout(resolve, ms));
  }
}
