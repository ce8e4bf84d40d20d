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

/** A block that a child names and that is not in the tree. */
export interface MissingBlock {
  readonly hash: string;
  readonly number: number;
}

/** How a block hangs together with the canonical chain. */
export type Trace =
  /** Its ancestors lead to a canonical block, or to the base of the chain. */
  | { readonly kind: 'linked' }
  /** An ancestor is not known. `from` is the oldest one that is. */
  | { readonly kind: 'open'; readonly missing: MissingBlock; readonly from: Head }
  /** So many blocks are known below it that the older ones are given up; `from` is the oldest one to be had. */
  | { readonly kind: 'outage'; readonly from: Head }
  /** It shares nothing with the canonical blocks that a reorganisation may take back. */
  | { readonly kind: 'foreign' }
  /** It is older than everything that is known: its provider is far behind. */
  | { readonly kind: 'older' };

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

/** Recent blocks of all branches, by hash. Holds blocks whose ancestors are not known as well. */
export class BlockTree {
  readonly #options: BlockTreeOptions;
  readonly #chain: CanonicalChain;
  readonly #blocks = new Map<string, TreeBlock>();
  readonly #isRouted: (hash: string) => boolean;
  readonly #onDropped: (count: number) => void;
  #headers = 0;

  constructor(
    options: BlockTreeOptions,
    deps: {
      readonly chain: CanonicalChain;
      /** On the way to become canonical: known to be linked, and not dropped, however full the tree is. @default none */
      readonly isRouted?: (hash: string) => boolean;
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

  get(hash: string): TreeBlock | undefined {
    return this.#blocks.get(hash);
  }

  /** The block, in the tree or canonical. */
  head(hash: string): Head | undefined {
    return this.#blocks.get(hash)?.head ?? this.#chain.get(hash);
  }

  /** Puts a block in, or completes one that is there. `header` is kept: hand over a copy. */
  add(head: Head, header: Buffer | undefined, providerId: string | undefined): TreeBlock {
    let block = this.#blocks.get(head.hash);
    if (block === undefined) {
      block = { head, header: undefined, providerId };
      this.#blocks.set(head.hash, block);
      if (this.#blocks.size > this.#options.limit) this.#makeRoom();
    }
    block.providerId ??= providerId;
    if (header !== undefined && block.header === undefined && this.#headers < this.#options.maxHeaders)
      this.setHeader(block, header);
    return block;
  }

  /** Completes a block, whatever the number of headers: it is needed now. */
  setHeader(block: TreeBlock, header: Buffer): void {
    if (block.header === undefined && this.#blocks.get(block.head.hash) === block) this.#headers++;
    block.header = header;
  }

  /** Follows the ancestors of `head`, `count` of which (with itself) are known to lead to it. */
  trace(head: Head, count = 1): Trace {
    const { base } = this.#chain;
    if (base === undefined) return { kind: 'foreign' };
    const tipNumber = this.#chain.tip?.number ?? base.number;
    const { maxReorgDepth, maxBackfillBlocks } = this.#options;
    if (this.#chain.has(head.hash)) return { kind: 'linked' };
    // A parent below this number is no common ancestor that may be gone back to.
    const lowest = Math.max(base.number, tipNumber - maxReorgDepth);
    if (count === 1 && head.number <= lowest) return { kind: 'older' };
    const isFar = head.number + count - 1 - tipNumber > maxBackfillBlocks;
    let known = count;
    for (let from = head; ; known++) {
      if (this.#isRouted(from.hash)) return { kind: 'linked' };
      const ancestor = this.#chain.get(from.parentHash);
      if (ancestor !== undefined) {
        if (ancestor.number !== from.number - 1) return { kind: 'foreign' };
        return { kind: ancestor.number >= lowest ? 'linked' : 'foreign' };
      }
      // Every genesis block names the same parent: that two chains share it says nothing.
      const isShared = base.number >= 0 || this.#chain.tip === undefined;
      if (from.parentHash === base.hash && base.number >= lowest && isShared) return { kind: 'linked' };
      if (from.number - 1 <= lowest) return { kind: 'foreign' };
      if (isFar && known >= maxBackfillBlocks) return { kind: 'outage', from };
      const parent = this.#blocks.get(from.parentHash)?.head;
      if (parent === undefined)
        return { kind: 'open', missing: { hash: from.parentHash, number: from.number - 1 }, from };
      // A header that lies about its number leads nowhere.
      if (parent.number !== from.number - 1) return { kind: 'foreign' };
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
    let block = this.#blocks.get(head.hash);
    while (block !== undefined && !isEnd(block.head.hash)) {
      blocks.push(block);
      block = this.#blocks.get(block.head.parentHash);
    }
    return blocks.reverse();
  }

  /** Drops the blocks up to `number`. */
  prune(number: number): void {
    for (const [hash, { head }] of this.#blocks) if (head.number <= number) this.#drop(hash);
  }

  #parent(head: Head): Head | undefined {
    const parent = this.head(head.parentHash);
    return parent?.number === head.number - 1 ? parent : undefined;
  }

  /** A tenth at once, so that a full tree does not look for its oldest block with every new one. */
  #makeRoom(): void {
    const before = this.#blocks.size;
    const byNumber = [...this.#blocks.values()]
      .filter(({ head }) => !this.#isRouted(head.hash))
      .sort((a, b) => a.head.number - b.head.number);
    for (const { head } of byNumber.slice(0, Math.ceil(before / 10))) this.#drop(head.hash);
    this.#onDropped(before - this.#blocks.size);
  }

  #drop(hash: string): void {
    if (this.#blocks.get(hash)?.header !== undefined) this.#headers--;
    this.#blocks.delete(hash);
  }
}
