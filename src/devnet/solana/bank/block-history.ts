import { encode } from '../../../chains/solana/base58.ts';
import type { BankBlock, BankTransaction } from './bank-events.ts';

export interface BlockHistoryLimits {
  /** Blocks. */
  readonly blocks: number;
  /** Bytes of transactions, logs and written accounts, roughly. */
  readonly bytes: number;
  /** Blocks that are kept whatever they weigh. */
  readonly minimumBlocks: number;
}

/** The newest blocks of the canonical chain, and what is found by signature and by address in them. */
export class BlockHistory {
  readonly #limits: BlockHistoryLimits;
  readonly #blocks: BankBlock[] = [];
  readonly #bySlot = new Map<number, BankBlock>();
  readonly #bySignature = new Map<string, BankTransaction>();
  readonly #byAddress = new Map<string, BankTransaction[]>();
  #bytes = 0;

  constructor(limits: BlockHistoryLimits) {
    this.#limits = limits;
  }

  /** Oldest first. */
  get blocks(): readonly BankBlock[] {
    return this.#blocks;
  }

  get(slot: number): BankBlock | undefined {
    return this.#bySlot.get(slot);
  }

  /** The newest block at or before a slot. */
  newestUpTo(slot: number): BankBlock | undefined {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle] as BankBlock).slot <= slot) low = middle + 1;
      else high = middle;
    }
    return this.#blocks[low - 1];
  }

  /** A transaction of a closed block, by its 64 bytes. */
  transaction(signature: Uint8Array): BankTransaction | undefined {
    return this.#bySignature.get(nameOf(signature));
  }

  /** Transactions that name an address, oldest first. */
  transactionsOf(address: string): readonly BankTransaction[] {
    return this.#byAddress.get(address) ?? [];
  }

  add(block: BankBlock): void {
    this.#blocks.push(block);
    this.#bySlot.set(block.slot, block);
    for (const transaction of block.transactions) {
      this.#bySignature.set(nameOf(transaction.signature), transaction);
      for (const address of addressesOf(transaction)) {
        const list = this.#byAddress.get(address);
        if (list === undefined) this.#byAddress.set(address, [transaction]);
        else list.push(transaction);
      }
    }
    this.#bytes += weigh(block);
    while (this.#blocks.length > this.#limits.minimumBlocks && this.#isOver()) this.#drop('oldest');
  }

  /** Takes the newest block off, which is dead. */
  removeNewest(): BankBlock | undefined {
    return this.#drop('newest');
  }

  #isOver(): boolean {
    return this.#blocks.length > this.#limits.blocks || this.#bytes > this.#limits.bytes;
  }

  #drop(end: 'oldest' | 'newest'): BankBlock | undefined {
    const block = end === 'oldest' ? this.#blocks.shift() : this.#blocks.pop();
    if (block === undefined) return undefined;
    this.#bytes -= weigh(block);
    this.#bySlot.delete(block.slot);
    for (const transaction of block.transactions) {
      this.#bySignature.delete(nameOf(transaction.signature));
      for (const address of addressesOf(transaction)) {
        const list = this.#byAddress.get(address);
        if (end === 'oldest') list?.shift();
        else list?.pop();
        if (list?.length === 0) this.#byAddress.delete(address);
      }
    }
    return block;
  }
}

/** A short name of a signature. */
export function nameOf(signature: Uint8Array): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1');
}

function addressesOf(transaction: BankTransaction): Set<string> {
  return new Set(transaction.accountKeys.map(encode));
}

function weigh(block: BankBlock): number {
  let bytes = 500;
  for (const transaction of block.transactions) {
    bytes += 2_000 + transaction.wire.length;
    for (const line of transaction.logs) bytes += line.length;
    for (const write of transaction.writes) bytes += 200 + write.data.length;
  }
  return bytes;
}
