import type { Head } from '../../chains/chain-family.ts';

/** Where the chain of a follower begins: what comes before was not handed over, or cannot be taken back any more. */
export interface ChainBase {
  readonly number: number;
  readonly hash: string;
}

/**
 * The newest canonical blocks, each the parent of the next one: a mirror of what the sink was given, and as many blocks
 * below that as it took to find where a branch begins.
 */
export class CanonicalChain {
  readonly #limit: number;
  readonly #byHash = new Map<string, Head>();
  #heads: Head[] = [];
  #base: ChainBase | undefined;
  /** Number of the first block that the sink was given. */
  #givenFrom = Number.POSITIVE_INFINITY;

  /** @param limit Blocks that are kept; older ones are forgotten. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get tip(): Head | undefined {
    return this.#heads.at(-1);
  }

  /** The oldest block that is kept. */
  get oldest(): Head | undefined {
    return this.#heads[0];
  }

  /** The parent of the oldest block, or of the first one to come; undefined: whichever block may come first. */
  get base(): ChainBase | undefined {
    return this.#base;
  }

  get(hash: string): Head | undefined {
    return this.#byHash.get(hash);
  }

  has(hash: string): boolean {
    return this.#byHash.has(hash);
  }

  /** The block of that number; undefined: not kept, or not there yet. */
  at(number: number): Head | undefined {
    const oldest = this.#heads[0];
    return oldest === undefined ? undefined : this.#heads[number - oldest.number];
  }

  /** Takes the newest run of blocks that are each other's parents. */
  seed(heads: readonly Head[]): void {
    let first = heads.length - 1;
    while (first > 0 && isParent(heads[first - 1]!, heads[first]!)) first--;
    this.restart(undefined);
    for (const head of heads.slice(Math.max(0, first))) this.push(head);
  }

  /** Adds a child of the tip; on an empty chain, any block. */
  push(head: Head): void {
    this.#base ??= { number: head.number - 1, hash: head.parentHash };
    this.#givenFrom = Math.min(this.#givenFrom, head.number);
    this.#heads.push(head);
    this.#byHash.set(head.hash, head);
    if (this.#heads.length <= this.#limit) return;
    const dropped = this.#heads.shift()!;
    this.#byHash.delete(dropped.hash);
    this.#base = dropped;
  }

  /** Adds the block that is the base: the sink was not given it, but its children may be on other branches. */
  deepen(head: Head): void {
    this.#heads.unshift(head);
    this.#byHash.set(head.hash, head);
    this.#base = { number: head.number - 1, hash: head.parentHash };
  }

  /** The blocks above `number` that the sink was given, newest first. */
  givenAbove(number: number): readonly Head[] {
    return this.above(Math.max(number, this.#givenFrom - 1));
  }

  /** The blocks above `number`, newest first. */
  above(number: number): readonly Head[] {
    const oldest = this.#heads[0];
    return oldest === undefined ? [] : this.#heads.slice(Math.max(0, number + 1 - oldest.number)).reverse();
  }

  /** Takes away the blocks above `number`. */
  cut(number: number): void {
    for (const head of this.above(number)) this.#byHash.delete(head.hash);
    const oldest = this.#heads[0];
    if (oldest !== undefined) this.#heads.length = Math.max(0, number + 1 - oldest.number);
    this.#givenFrom = Math.min(this.#givenFrom, number + 1);
  }

  /** Forgets all blocks: the next one is a child of `base`, or any block. */
  restart(base: ChainBase | undefined): void {
    this.#heads = [];
    this.#byHash.clear();
    this.#base = base;
    this.#givenFrom = Number.POSITIVE_INFINITY;
  }
}

function isParent(parent: Head, child: Head): boolean {
  return child.parentHash === parent.hash && child.number === parent.number + 1;
}
