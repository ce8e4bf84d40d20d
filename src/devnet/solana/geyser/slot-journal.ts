import { type Commitment, commitments } from '../../../chains/solana/commitment.ts';
import type { SlotUpdate } from '../../../chains/solana/updates.ts';
import type { BankBlock, BankTransaction } from '../bank/bank-events.ts';

/** What is known of one slot. */
export interface SlotRecord {
  readonly slot: number;
  readonly transactions: BankTransaction[];
  block: BankBlock | undefined;
  /** In the order in which it reached them. */
  readonly updates: SlotUpdate[];
}

export interface SlotJournalLimits {
  /** Slots. */
  readonly slots: number;
  /** Bytes of transactions and of written accounts, roughly. */
  readonly bytes: number;
}

/** The newest slots with all that happened in them, for streams that want to start in the past; the oldest of those that are finalized or dead go first. */
export class SlotJournal {
  readonly #limits: SlotJournalLimits;
  readonly #records = new Map<number, SlotRecord>();
  readonly #bytes = new Map<number, number>();
  #total = 0;
  #first: number;

  /** `first`: the oldest slot of which everything will be told. */
  constructor(first: number, limits: SlotJournalLimits) {
    this.#first = first;
    this.#limits = limits;
  }

  /** The oldest slot that a stream can start from. */
  get firstAvailable(): number {
    return this.#first;
  }

  /** Slots from `slot` on, oldest first. */
  *from(slot: number): Iterable<SlotRecord> {
    for (const record of this.#records.values()) if (record.slot >= slot) yield record;
  }

  addTransaction(transaction: BankTransaction): void {
    const { slot, wire, writes, logs } = transaction;
    this.#record(slot).transactions.push(transaction);
    const logBytes = logs.reduce((sum, line) => sum + line.length, 0);
    const bytes = wire.length + logBytes + writes.reduce((sum, { data }) => sum + data.length + 200, 1_000);
    this.#bytes.set(slot, (this.#bytes.get(slot) ?? 0) + bytes);
    this.#total += bytes;
    this.#prune();
  }

  addBlock(block: BankBlock): SlotRecord {
    const record = this.#record(block.slot);
    record.block = block;
    return record;
  }

  addUpdate(update: SlotUpdate): SlotRecord {
    const record = this.#record(update.slot);
    record.updates.push(update);
    return record;
  }

  #record(slot: number): SlotRecord {
    const known = this.#records.get(slot);
    if (known !== undefined) return known;
    const record: SlotRecord = { slot, transactions: [], block: undefined, updates: [] };
    // A slot that was let go may still reach a commitment: that is told, and not kept.
    if (slot < this.#first) return record;
    this.#records.set(slot, record);
    this.#prune();
    return record;
  }

  #prune(): void {
    for (const [slot, { updates }] of this.#records) {
      if (this.#records.size <= this.#limits.slots && this.#total <= this.#limits.bytes) return;
      // Streams of a later commitment have yet to be told of it.
      if (!updates.some(({ status }) => status === 'finalized' || status === 'dead')) return;
      this.#records.delete(slot);
      this.#total -= this.#bytes.get(slot) ?? 0;
      this.#bytes.delete(slot);
      this.#first = slot + 1;
    }
  }
}

/** Whether a slot has reached a commitment. */
export function hasReached({ updates }: SlotRecord, commitment: Commitment): boolean {
  return updates.some(
    ({ status }) => status !== 'dead' && commitments.indexOf(status) >= commitments.indexOf(commitment),
  );
}
