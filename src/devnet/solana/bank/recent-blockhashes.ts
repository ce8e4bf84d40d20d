import { nameOf } from './block-history.ts';

/** Blocks for which a blockhash can be used, its own not counted. */
export const maxProcessingAge = 150;

interface Entry {
  readonly slot: number;
  readonly height: number;
  readonly signatures: Set<string>;
}

/** The blockhashes that a transaction may name, and the transactions that have used them. */
export class RecentBlockhashes {
  readonly #entries = new Map<string, Entry>();

  add(blockhash: string, slot: number, height: number): void {
    this.#entries.set(blockhash, { slot, height, signatures: new Set() });
    for (const [old, entry] of this.#entries) {
      if (entry.height >= height - maxProcessingAge) break;
      this.#entries.delete(old);
    }
  }

  /** The slot of the block that has this hash; undefined when it is too old, unknown or dead. */
  slotOf(blockhash: string): number | undefined {
    return this.#entries.get(blockhash)?.slot;
  }

  hasUsed(blockhash: string, signature: Uint8Array): boolean {
    return this.#entries.get(blockhash)?.signatures.has(nameOf(signature)) ?? false;
  }

  use(blockhash: string, signature: Uint8Array): void {
    this.#entries.get(blockhash)?.signatures.add(nameOf(signature));
  }

  release(blockhash: string, signature: Uint8Array): void {
    this.#entries.get(blockhash)?.signatures.delete(nameOf(signature));
  }

  /** Takes off the hash of a block that is dead. */
  remove(blockhash: string): void {
    this.#entries.delete(blockhash);
  }
}
