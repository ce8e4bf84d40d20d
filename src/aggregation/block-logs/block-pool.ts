import type { BlockLog } from './read-answer.ts';

interface PooledBlock {
  readonly logs: Map<number, BlockLog>;
  /** All its logs, by index; undefined while it is not known whether these are all. */
  verified: readonly BlockLog[] | undefined;
  bytes: number;
  /** When the last log came. */
  touchedAt: number;
}

/** Logs of recent blocks: those that arrived from subscriptions, and whole blocks that were verified. Oldest out first. */
export class BlockPool {
  readonly #limits: { readonly blocks: number; readonly bytes: number };
  readonly #onEvicted: () => void;
  readonly #blocks = new Map<string, PooledBlock>();
  #bytes = 0;

  /** @param onEvicted A block was dropped that had not been verified. */
  constructor(limits: { readonly blocks: number; readonly bytes: number }, onEvicted: () => void) {
    this.#limits = limits;
    this.#onEvicted = onEvicted;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a log as it arrives; the bytes are kept. */
  add(log: BlockLog, now: number): void {
    const { blockHash, index } = log.fields;
    const block = this.#block(blockHash);
    if (block.verified !== undefined || block.logs.has(index)) return;
    block.logs.set(index, log);
    block.touchedAt = now;
    this.#grow(block, log.bytes.length);
    this.#evict();
  }

  /** Keeps all logs of a block. */
  keep(hash: string, logs: readonly BlockLog[], bytes: number): void {
    this.#remove(hash);
    const block = this.#block(hash);
    block.verified = logs;
    this.#grow(block, bytes);
    this.#evict();
  }

  verified(hash: string): readonly BlockLog[] | undefined {
    return this.#blocks.get(hash)?.verified;
  }

  /** What has arrived of a block, by index, and when the last of it did; `undefined`: nothing. */
  arrived(hash: string): { readonly logs: BlockLog[]; readonly at: number } | undefined {
    const block = this.#blocks.get(hash);
    if (block === undefined || block.logs.size === 0) return undefined;
    const logs = [...block.logs.values()].sort((a, b) => a.fields.index - b.fields.index);
    return { logs, at: block.touchedAt };
  }

  clear(): void {
    this.#blocks.clear();
    this.#bytes = 0;
  }

  #block(hash: string): PooledBlock {
    let block = this.#blocks.get(hash);
    if (block === undefined) {
      block = { logs: new Map(), verified: undefined, bytes: 0, touchedAt: 0 };
      this.#blocks.set(hash, block);
    }
    return block;
  }

  #grow(block: PooledBlock, bytes: number): void {
    block.bytes += bytes;
    this.#bytes += bytes;
  }

  #evict(): void {
    for (const [hash, block] of this.#blocks) {
      if (this.#blocks.size <= this.#limits.blocks && this.#bytes <= this.#limits.bytes) return;
      if (block.verified === undefined) this.#onEvicted();
      this.#remove(hash);
    }
  }

  #remove(hash: string): void {
    const block = this.#blocks.get(hash);
    if (block === undefined) return;
    this.#blocks.delete(hash);
    this.#bytes -= block.bytes;
  }
}
