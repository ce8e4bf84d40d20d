import type { Head } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import type { BlockFetcher } from './block-fetcher.ts';
import type { BlockName, TreeBlock } from './block-tree.ts';

/** What reads need that are repeated. */
export interface PatientReadsDeps {
  readonly headers: BlockFetcher;
  readonly clock: Clock;
  /** The follower has ended. */
  readonly signal: AbortSignal;
}

const firstRetryMs = 100;
const maxRetryMs = 15_000;
/** Between questions that are asked until what they are for has changed. */
const againMs = 500;

/** Reads without which the follower cannot go on. */
export class PatientReads {
  readonly #deps: PatientReadsDeps;

  constructor(deps: PatientReadsDeps) {
    this.#deps = deps;
  }

  /** The header of a block that was not announced with it, however long it takes; undefined only after the abort. */
  async header({ head, providerId }: TreeBlock, signal: AbortSignal): Promise<Buffer | undefined> {
    const { headers, clock } = this.#deps;
    // The one that has it for sure, then anybody.
    let options = providerId === undefined ? { signal } : { signal, providerId };
    for (let delayMs = firstRetryMs; !signal.aborted; delayMs = Math.min(maxRetryMs, delayMs * 2)) {
      const found =
        (await headers.fetch({ hash: head.hash }, options)) ??
        (await headers.fetch({ number: head.number }, options));
      if (found?.head.hash === head.hash && found.head.number === head.number) return found.header;
      await pause(delayMs, signal, clock);
      options = { signal };
    }
    return undefined;
  }

  /** The block of that hash and number; undefined, after a while: nobody has it at the moment. */
  async head({ hash, number }: BlockName): Promise<Head | undefined> {
    const block = await this.#deps.headers.fetch({ hash }, { signal: this.#deps.signal });
    if (block?.head.number === number) return block.head;
    await this.#wait();
    return undefined;
  }

  /** The first of `heads` that is on the provider's branch; `none`: no one is; undefined, after a while: not known at the moment. */
  async newestOf(heads: readonly Head[], providerId: string): Promise<Head | 'none' | undefined> {
    const { headers, signal } = this.#deps;
    for (const head of heads) {
      const block = await headers.fetch({ number: head.number }, { providerId, signal });
      if (block?.head.hash === head.hash) return head;
      if (block?.head.number === head.number) continue;
      await this.#wait();
      return undefined;
    }
    return 'none';
  }

  /** The same, decided by the newest one alone where the provider has it: by another number, none of them holds. */
  async newestHeld(heads: readonly Head[], providerId: string): Promise<Head | 'none' | undefined> {
    const { headers, signal } = this.#deps;
    const [newest] = heads;
    const block = newest && (await headers.fetch({ hash: newest.hash }, { providerId, signal }));
    if (block === undefined) return this.newestOf(heads, providerId);
    return block.head.number === newest?.number ? newest : 'none';
  }

  #wait(): Promise<void> {
    return pause(againMs, this.#deps.signal, this.#deps.clock);
  }
}
