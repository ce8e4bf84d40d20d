/** So often it goes further back at most: where slots always come behind what happened in the next ones, there is no end. */
const maxSteps = 4;
/** Slots that are remembered: where the feed's slots stand still, the newest of which something was told. */
const maxSlots = 1_024;

interface EarlySlot {
  /** The offset of the first thing that was told of it. */
  readonly first: number;
  /** That of the slot itself; undefined: it is not told yet. */
  told: number | undefined;
}

/**
 * Where the present of a chain begins in the feed. Slots and what happened in them come by different streams, so that
 * something may be told of a slot before the slot itself: who begins to follow between the two begins before both.
 */
export class FeedPresent {
  readonly #slots = new Map<number, EarlySlot>();
  #toldSlot: number | undefined;

  /** The newest slot that was told; undefined: none yet. */
  get toldSlot(): number | undefined {
    return this.#toldSlot;
  }

  /** The offset behind which everything is of the slots that are told behind it; undefined: it is the end of the log. */
  get since(): number | undefined {
    let since = Number.POSITIVE_INFINITY;
    for (let step = 0; step < maxSteps; step++) {
      const before = since;
      for (const { first, told } of this.#slots.values())
        if (told === undefined || told > since) since = Math.min(since, first - 1);
      // Further back other slots are told, of which something was told before that.
      if (since === before) break;
    }
    return Number.isFinite(since) ? since : undefined;
  }

  /** Something of a slot was told at this offset. */
  onAppended(slot: number, offset: number): void {
    if (slot <= (this.#toldSlot ?? -1) || this.#slots.has(slot)) return;
    this.#slots.set(slot, { first: offset, told: undefined });
    if (this.#slots.size <= maxSlots) return;
    const [oldest] = this.#slots.keys();
    this.#slots.delete(oldest!);
  }

  /** A slot was told at this offset, and with it that those below it which were not told never are. */
  onSlotTold(slot: number, offset: number): void {
    this.#toldSlot = slot;
    for (const [other, early] of this.#slots) if (other <= slot) early.told ??= offset;
  }

  /** The chain is another one than before. */
  clear(): void {
    this.#slots.clear();
    this.#toldSlot = undefined;
  }
}
