import type { Head } from '../../chains/chain-family.ts';
import { blockKey, blockRange, decodeBlock, type IndexedBlock } from './block-index.ts';
import type { EventIndex, IndexChange } from './event-index.ts';
import type { StoreRecord } from './event-store.ts';

/** Blocks that are known without a look into the index. */
const maxRecent = 256;
/** After so many blocks, old records of the index are looked for. */
const trimEvery = 64;
const page = { maxEntries: 256, maxBytes: 1024 * 1024 };

/** The newest canonical blocks of a chain, and those before them in the index. */
export class RecentBlocks {
  readonly #chain: string;
  #blocks: IndexedBlock[] = [];
  #sinceTrim = 0;

  constructor(chain: string) {
    this.#chain = chain;
  }

  /** Oldest first. */
  get heads(): readonly Head[] {
    return this.#blocks.map(({ head }) => head);
  }

  /**
   * Reads the newest blocks from the index, as far as their records are intact.
   * @returns false when not even the newest one is, so that it is not known where the chain was
   */
  async restore(index: EventIndex): Promise<boolean> {
    const [from, to] = blockRange(this.#chain);
    const limits = { ...page, maxEntries: maxRecent };
    const whole = await index.last(from, to, limits).catch(unlessDamaged);
    const records = whole ?? (await intactRecords(index, from, to));
    const blocks: IndexedBlock[] = [];
    for (const { key, value } of records) {
      const block = decodeBlock(key, value);
      if (block === undefined) break;
      blocks.push(block);
    }
    this.#blocks = blocks.reverse();
    return blocks.length > 0 || whole?.length === 0;
  }

  has(hash: string): boolean {
    return this.#blocks.some(({ head }) => head.hash === hash);
  }

  add(block: IndexedBlock): void {
    this.#blocks.push(block);
    if (this.#blocks.length > maxRecent) this.#blocks.shift();
    this.#sinceTrim++;
  }

  /** The blocks above that number, newest first. */
  async above(number: number, index: EventIndex): Promise<IndexedBlock[]> {
    const above = this.#blocks.filter(({ head }) => head.number > number).reverse();
    const oldest = this.#blocks[0]?.head.number ?? number;
    for (let to = oldest; to > number + 1; ) {
      const records = await index.last(blockKey(this.#chain, number + 1), blockKey(this.#chain, to), page);
      for (const { key, value } of records) {
        const block = decodeBlock(key, value);
        if (block !== undefined) above.push(block);
      }
      if (records.length < page.maxEntries) break;
      to = above.at(-1)!.head.number;
    }
    return above;
  }

  /** Forgets the blocks above that number, here and, by the change that it returns, in the index. */
  truncate(number: number): IndexChange {
    this.#blocks = this.#blocks.filter(({ head }) => head.number <= number);
    return { from: blockKey(this.#chain, number + 1), to: blockRange(this.#chain)[1] };
  }

  /**
   * Changes that take blocks out of the index whose events are not kept any more; now and then, a part of them. The newest
   * ones stay whatever their age: they tell where the chain is taken up again.
   */
  async outdated(index: EventIndex, earliest: number): Promise<IndexChange[]> {
    const oldest = this.#blocks[0];
    if (this.#sinceTrim < trimEvery || oldest === undefined) return [];
    this.#sinceTrim = 0;
    const [from] = blockRange(this.#chain);
    const records = await index.range(from, blockKey(this.#chain, oldest.head.number), page);
    let last: Buffer | undefined;
    for (const { key, value } of records) {
      const block = decodeBlock(key, value);
      if (block !== undefined && block.offset >= earliest) break;
      last = key;
    }
    return last === undefined ? [] : [{ from, to: Buffer.concat([last, Buffer.of(0)]) }];
  }
}

/** The newest records, one by one down to the first that is damaged. */
async function intactRecords(index: EventIndex, from: Buffer, to: Buffer): Promise<StoreRecord[]> {
  const records: StoreRecord[] = [];
  for (let below = to; records.length < maxRecent; ) {
    const [record] = (await index.last(from, below, { ...page, maxEntries: 1 }).catch(unlessDamaged)) ?? [];
    if (record === undefined) break;
    records.push(record);
    below = record.key;
  }
  return records;
}

function unlessDamaged(error: unknown): undefined {
  if ((error as { readonly code?: string }).code !== 'corrupt_record') throw error;
}
