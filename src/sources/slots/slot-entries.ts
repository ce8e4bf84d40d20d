/** What is known of one slot. */
export interface SlotEntry {
  readonly slot: number;
  parent: number | undefined;
  /** 0: no status yet; 1 processed, 2 confirmed, 3 finalized. */
  level: number;
  /** The levels that were told, a bit each. */
  told: number;
  isDead: boolean;
  /** It was dead, and is a block after all: what connections carried of it was not told. */
  isRevived: boolean;
  hasContent: boolean;
  /** All that the subscriptions want of it was told. */
  isComplete: boolean;
}

/** Slots behind the settled one that are remembered, so that their later statuses are told once. */
const HISTORY = 512;

/** The slots of a ledger, bounded: old ones go when they are settled, and the oldest unsettled ones at the limit. */
export class SlotEntries {
  readonly #maxSlots: number;
  readonly #entries = new Map<number, SlotEntry>();

  constructor(maxSlots: number) {
    this.#maxSlots = maxSlots;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= this.#maxSlots;
  }

  get(slot: number): SlotEntry | undefined {
    return this.#entries.get(slot);
  }

  /** The entry of a slot, made where there is none; undefined: the slot is too old to matter. */
  at(slot: number, settled: number): SlotEntry | undefined {
    const known = this.#entries.get(slot);
    if (known !== undefined) return known;
    if (slot < settled - HISTORY) return undefined;
    if (this.isFull) this.#dropOldest();
    const entry: SlotEntry = {
      slot,
      parent: undefined,
      level: 0,
      told: 0,
      isDead: false,
      isRevived: false,
      hasContent: false,
      isComplete: false,
    };
    this.#entries.set(slot, entry);
    return entry;
  }

  *after(slot: number): Iterable<SlotEntry> {
    for (const entry of this.#entries.values()) if (entry.slot > slot) yield entry;
  }

  *between(from: number, to: number): Iterable<SlotEntry> {
    if (to - from < this.#entries.size) {
      for (let slot = from; slot <= to; slot++) {
        const entry = this.#entries.get(slot);
        if (entry !== undefined) yield entry;
      }
      return;
    }
    for (const entry of this.#entries.values()) if (entry.slot >= from && entry.slot <= to) yield entry;
  }

  /** Forgets what is far behind the settled slot. */
  prune(settled: number): void {
    if (this.#entries.size < 2 * HISTORY) return;
    for (const slot of this.#entries.keys()) if (slot < settled - HISTORY) this.#entries.delete(slot);
  }

  #dropOldest(): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const slot of this.#entries.keys()) if (slot < oldest) oldest = slot;
    this.#entries.delete(oldest);
  }
}
