import type { SlotData } from '../../feed/events/feed-event.ts';

/** A slot with its parent, as it was told. */
type ToldSlot = readonly [slot: number, parent: number | null];

/** What has been told of a chain's slots, as it is kept. */
export interface SlotHistoryRecord {
  /** The last slots told so; -1: none. */
  readonly confirmed: number;
  readonly finalized: number;
  /** Told as processed, above the last confirmed one. */
  readonly processed: readonly number[];
  /** Told as confirmed, above the last finalized one, ascending. */
  readonly unfinalized: readonly ToldSlot[];
}

const empty: SlotHistoryRecord = { confirmed: -1, finalized: -1, processed: [], unfinalized: [] };
/** Slots that are remembered of each sort; a chain finalizes some 32 behind. */
const maxRemembered = 4_096;

/**
 * What has been told of a chain's slots, and what is therefore new in what a source says of one. Sources say the same again
 * after a restart, and do not say again what happened meanwhile: a slot that is finalized says it of all before it, one that is confirmed
 * was processed.
 */
export class SlotHistory {
  #confirmed: number;
  #finalized: number;
  readonly #processed: Set<number>;
  #unfinalized: ToldSlot[];

  constructor(record: SlotHistoryRecord = empty) {
    this.#confirmed = record.confirmed;
    this.#finalized = record.finalized;
    this.#processed = new Set(record.processed);
    this.#unfinalized = [...record.unfinalized];
  }

  /** The last slot that was told as confirmed; -1: none. */
  get confirmed(): number {
    return this.#confirmed;
  }

  get record(): SlotHistoryRecord {
    return {
      confirmed: this.#confirmed,
      finalized: this.#finalized,
      processed: [...this.#processed],
      unfinalized: this.#unfinalized,
    };
  }

  /** What is to be told of what a source says, in order. */
  take({ slot, parent, status }: SlotData): SlotData[] {
    switch (status) {
      case 'processed':
        return this.#processedNow(slot, parent);
      case 'confirmed':
        return this.#confirmedNow(slot, parent);
      case 'finalized':
        return this.#finalizedNow(slot, parent);
      case 'dead':
        return this.#processed.delete(slot) ? [{ slot, parent, status }] : [];
    }
  }

  #processedNow(slot: number, parent: number | null): SlotData[] {
    if (slot <= this.#confirmed || this.#processed.has(slot)) return [];
    this.#processed.add(slot);
    bound(this.#processed);
    return [{ slot, parent, status: 'processed' }];
  }

  #confirmedNow(slot: number, parent: number | null): SlotData[] {
    if (slot <= this.#confirmed) return [];
    const told = this.#processedNow(slot, parent);
    this.#confirmed = slot;
    for (const earlier of this.#processed) if (earlier <= slot) this.#processed.delete(earlier);
    this.#unfinalized.push([slot, parent]);
    if (this.#unfinalized.length > maxRemembered) this.#unfinalized.shift();
    return [...told, { slot, parent, status: 'confirmed' }];
  }

  #finalizedNow(slot: number, parent: number | null): SlotData[] {
    if (slot <= this.#finalized) return [];
    // Before anything was told as confirmed, nobody misses it as finalized.
    const told = this.#confirmed < 0 ? [] : this.#confirmedNow(slot, parent);
    while (this.#unfinalized.length > 0 && this.#unfinalized[0]![0] <= slot) {
      const [earlier, itsParent] = this.#unfinalized.shift()!;
      this.#finalized = earlier;
      told.push({ slot: earlier, parent: itsParent, status: 'finalized' });
    }
    return told;
  }
}

function bound(slots: Set<number>): void {
  if (slots.size <= maxRemembered) return;
  for (const oldest of slots) {
    slots.delete(oldest);
    return;
  }
}
