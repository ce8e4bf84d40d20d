import type { Head } from '../../chains/chain-family.ts';
import type { CanonicalChain } from './canonical-chain.ts';

/** A block of the tree. */
export interface TreeBlock {
  readonly head: Head;
  /** As `newHeads` gives it; undefined: not had yet. */
  header: Buffer | undefined;
  /** The provider that has it. */
  providerId: string | undefined;
}

/** What a block is known by. */
export interface BlockName {
  readonly hash: string;
  readonly number: number;
}

/** How a block hangs together with the canonical chain. */
export type Trace =
  /** Its ancestors lead to a canonical block, or to the base of the chain. */
  | { readonly kind: 'linked' }
  /** An ancestor is not known. `from` is the oldest one that is. */
  | { readonly kind: 'open'; readonly missing: BlockName; readonly from: Head }
  /** So many blocks are known below it that the older ones are given up; `from` is the oldest one to be had. */
  | { readonly kind: 'outage'; readonly from: Head }
  /** It shares nothing with the canonical blocks that a reorganisation may take back. */
  | { readonly kind: 'foreign' }
  /** It is older than everything that is known: its provider is far behind. */
  | { readonly kind: 'older' }
  /** Its number is not the one that its hash or its parent's has on the canonical chain: whoever says so errs or lies, or the chain itself does. */
  | { readonly kind: 'contradictory' };

/** The bounds of the tree. */
export interface BlockTreeOptions {
  /** Blocks at most; then the oldest ones are dropped. */
  readonly limit: number;
  /** Blocks whose headers are kept at most; those of others are fetched again when they are needed. */
  readonly maxHeaders: number;
  /** Blocks that a reorganisation takes back at most. */
  readonly maxReorgDepth: number;
  /** Blocks above the tip that are fetched at most. */
  readonly maxBackfillBlocks: number;
}

/**
 * Recent blocks of all branches, by number and hash: who gives a block another number has another block, which leads nowhere.
 * Holds blocks whose ancestors are not known as well.
 */
export class BlockTree {
  readonly #options: BlockTreeOptions;
  readonly #chain: CanonicalChain;
  readonly #blocks = new Map<string, TreeBlock>();
  readonly #isRouted: (block: BlockName) => boolean;
  readonly #onDropped: (count: number) => void;
  #headers = 0;

  constructor(
    options: BlockTreeOptions,
    deps: {
      readonly chain: CanonicalChain;
      /** On the way to become canonical: known to be linked, and not dropped, however full the tree is. @default none */
      readonly isRouted?: (block: BlockName) => boolean;
      readonly onDropped?: (count: number) => void;
    },
  ) {
    this.#options = options;
    this.#chain = deps.chain;
    this.#isRouted = deps.isRouted ?? (() => false);
    this.#onDropped = deps.onDropped ?? (() => {});
  }

  get size(): number {
    return this.#blocks.size;
  }

  get(name: BlockName): TreeBlock | undefined {
    return this.#blocks.get(keyOf(name));
  }

  /** Whether its number cannot be: the canonical chain has this block, or its parent, at another place. */
  contradicts({ hash, number, parentHash }: Head): boolean {
    const own = this.#canonical(hash);
    const parent = this.#canonical(parentHash);
    return own === undefined ? parent !== undefined && parent.number !== number - 1 : own.number !== number;
  }

  /** Puts a block in, or completes one that is there. `header` is kept: hand over a copy. */
  add(head: Head, header: Buffer | undefined, providerId: string | undefined): TreeBlock {
    let block = this.get(head);
    if (block === undefined) {
      block = { head, header: undefined, providerId };
      this.#blocks.set(keyOf(head), block);
      if (this.#blocks.size > this.#options.limit) this.#makeRoom();
    }
    block.providerId ??= providerId;
    if (header !== undefined && block.header === undefined && this.#headers < this.#options.maxHeaders)
      this.setHeader(block, header);
    return block;
  }

  /** Completes a block, whatever the number of headers: it is needed now. */
  setHeader(block: TreeBlock, header: Buffer): void {
    if (block.header === undefined && this.get(block.head) === block) this.#headers++;
    block.header = header;
  }

  /** Follows the ancestors of `head`, `count` of which (with itself) are known to lead to it. */
  trace(head: Head, count = 1): Trace {
    const { base } = this.#chain;
    if (base === undefined) return { kind: 'foreign' };
    const tipNumber = this.#chain.tip?.number ?? base.number;
    const { maxReorgDepth, maxBackfillBlocks } = this.#options;
    if (this.#chain.get(head.hash)?.number === head.number) return { kind: 'linked' };
    // A parent below this number is no common ancestor that may be gone back to.
    const lowest = Math.max(base.number, tipNumber - maxReorgDepth);
    if (count === 1 && head.number <= lowest)
      return { kind: this.contradicts(head) ? 'contradictory' : 'older' };
    const isFar = head.number + count - 1 - tipNumber > maxBackfillBlocks;
    let known = count;
    for (let from = head; ; known++) {
      if (this.#isRouted(from)) return { kind: 'linked' };
      if (this.contradicts(from)) return { kind: 'contradictory' };
      const ancestor = this.#chain.get(from.parentHash);
      if (ancestor !== undefined) return { kind: ancestor.number >= lowest ? 'linked' : 'foreign' };
      // Every genesis block names the same parent: that two chains share it says nothing.
      const isShared = base.number >= 0 || this.#chain.tip === undefined;
      if (from.parentHash === base.hash && base.number >= lowest && isShared) return { kind: 'linked' };
      if (from.number - 1 <= lowest) return { kind: 'foreign' };
      if (isFar && known >= maxBackfillBlocks) return { kind: 'outage', from };
      const missing = parentOf(from);
      const parent = this.get(missing)?.head;
      if (parent === undefined) return { kind: 'open', missing, from };
      from = parent;
    }
  }

  /** The newest block that both descend from or are; undefined: none is known. */
  meet(a: Head, b: Head): Head | undefined {
    let left: Head | undefined = a;
    let right: Head | undefined = b;
    while (left !== undefined && right !== undefined && left.hash !== right.hash) {
      if (left.number >= right.number) left = this.#parent(left);
      else right = this.#parent(right);
    }
    return left === undefined ? undefined : right;
  }

  /** The blocks from `head` down to, and without, the first one for which `isEnd` holds or whose parent is not known; oldest first. */
  branch(head: Head, isEnd: (hash: string) => boolean): TreeBlock[] {
    const blocks: TreeBlock[] = [];
    let block = this.get(head);
    while (block !== undefined && !isEnd(block.head.hash)) {
      blocks.push(block);
      block = this.get(parentOf(block.head));
    }
    return blocks.reverse();
  }

  /** Drops the blocks up to `number`. */
  prune(number: number): void {
    for (const { head } of this.#blocks.values()) if (head.number <= number) this.#drop(head);
  }

  /** The canonical block, or the base of the chain; every genesis block names the same parent, which tells nothing. */
  #canonical(hash: string): BlockName | undefined {
    const { base } = this.#chain;
    return this.#chain.get(hash) ?? (base?.hash === hash && base.number >= 0 ? base : undefined);
  }

  #parent(head: Head): Head | undefined {
    const name = parentOf(head);
    const canonical = this.#chain.get(name.hash);
    return this.get(name)?.head ?? (canonical?.number === name.number ? canonical : undefined);
  }

  /** A tenth at once, so that a full tree does not look for its oldest block with every new one. */
  #makeRoom(): void {
    const before = this.#blocks.size;
    const byNumber = [...this.#blocks.values()]
      .filter(({ head }) => !this.#isRouted(head))
      .sort((a, b) => a.head.number - b.head.number);
    for (const { head } of byNumber.slice(0, Math.ceil(before / 10))) this.#drop(head);
    this.#onDropped(before - this.#blocks.size);
  }

  #drop(head: Head): void {
    if (this.get(head)?.header !== undefined) this.#headers--;
    this.#blocks.delete(keyOf(head));
  }
}

/** The same for the same block, and only for it. */
export function keyOf({ hash, number }: BlockName): string {
  return `${number}:${hash}`;
}

/** What its parent has to be known by. */
export function parentOf({ parentHash, number }: Head): BlockName {
  return { hash: parentHash, number: number - 1 };
}
