import type { BlockReference, ChainReads } from '../../src/aggregation/canonical/chain-reads.ts';
import type { EventRules, Head } from '../../src/chains/chain-family.ts';

/** A block's bytes as `eth_getBlockByHash` gives them; `headerBytes` are what `newHeads` brings. */
export function blockBytes(head: Head): Buffer {
  return Buffer.from(JSON.stringify({ ...head, transactions: [] }));
}

/** A header as `newHeads` brings it. */
export function headerBytes(head: Head): Buffer {
  return Buffer.from(JSON.stringify(head));
}

/** Reads the bytes above. */
export const fakeHeadRules: Pick<EventRules, 'head' | 'header'> = {
  head: bytes => {
    const value = JSON.parse(bytes.toString()) as Partial<Head> | null;
    if (value?.number === undefined || value.hash === undefined) return undefined;
    const { number, hash, parentHash, timestamp } = value;
    return { number, hash, parentHash: parentHash!, timestamp: timestamp! };
  },
  header: block => {
    const { transactions: _, ...header } = JSON.parse(block.toString()) as Record<string, unknown>;
    return Buffer.from(JSON.stringify(header));
  },
};

/** Blocks with all their branches. A branch is a letter; its blocks are named by number and letter. */
export class FakeChain {
  readonly blocks = new Map<string, Head>();

  /** Makes `count` blocks on top of `parent` (or from `first` on, when there is none), the oldest first. */
  grow(parent: Head | undefined, count: number, branch = 'a', first = 100): Head[] {
    const grown: Head[] = [];
    let below = parent;
    for (let i = 0; i < count; i++) {
      const number: number = below === undefined ? first : below.number + 1;
      const hash = `0x${number}${branch}`;
      const parentHash: string = below?.hash ?? (number === 0 ? '0x0' : `0x${number - 1}${branch}`);
      const head: Head = { number, hash, parentHash, timestamp: 1_700_000_000 + number * 12 };
      this.blocks.set(hash, head);
      grown.push(head);
      below = head;
    }
    return grown;
  }

  /** The ancestor of `head` with that number, or `head` itself. */
  ancestor(head: Head, number: number): Head | undefined {
    let at: Head | undefined = head;
    while (at !== undefined && at.number > number) at = this.blocks.get(at.parentHash);
    return at?.number === number ? at : undefined;
  }
}

/** What the providers of a fake chain have: each one the branch that its head is on, down to its first block. */
export class FakeReads implements ChainReads {
  readonly calls: string[] = [];
  /** Each provider's head, in the order in which they are asked. */
  readonly heads = new Map<string, Head>();
  /** Blocks that nobody gives, by hash. */
  readonly withheld = new Set<string>();
  safe: Head | undefined;
  finalized: Head | undefined;
  /** Nobody answers. */
  isDown = false;
  readonly #chain: FakeChain;

  constructor(chain: FakeChain) {
    this.#chain = chain;
  }

  async block(
    by: BlockReference,
    { providerId }: { readonly providerId?: string } = {},
  ): Promise<Buffer | undefined> {
    this.calls.push('tag' in by ? by.tag : 'hash' in by ? by.hash : String(by.number));
    await Promise.resolve();
    const head = this.isDown ? undefined : this.#find(by, providerId);
    return head === undefined || this.withheld.has(head.hash) ? undefined : blockBytes(head);
  }

  async blockLogs(): Promise<undefined> {
    return undefined;
  }

  #find(by: BlockReference, providerId: string | undefined): Head | undefined {
    if ('tag' in by) return by.tag === 'latest' ? undefined : this[by.tag];
    const first = providerId === undefined ? undefined : this.heads.get(providerId);
    const heads = first === undefined ? [...this.heads.values()] : [first, ...this.heads.values()];
    for (const head of heads) {
      const number = 'hash' in by ? this.#chain.blocks.get(by.hash)?.number : by.number;
      const found = number === undefined ? undefined : this.#chain.ancestor(head, number);
      if (found !== undefined && (!('hash' in by) || found.hash === by.hash)) return found;
    }
    return undefined;
  }
}
