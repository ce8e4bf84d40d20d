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

interface ToldSlot {
  readonly slot: number;
  readonly offset: number;
}

/**
 * Where the present of a chain begins in the feed. Slots and what happened in them come by different streams, so that
 * something may be told of a slot before the slot itself: who begins to follow between the two begins before both.
 * Neither `since` nor `slot` ever goes back.
 */
export class FeedPresent {
  readonly #early = new Map<number, EarlySlot>();
  /** As they were told: the newest one at which the present may begin, and those after it. */
  readonly #told: ToldSlot[] = [];

  /** The offset behind which everything is of the slots that are told behind it; undefined: it is the end of the log. */
  get since(): number | undefined {
    let since = Number.POSITIVE_INFINITY;
    for (let step = 0; step < maxSteps; step++) {
      const before = since;
      for (const { first, told } of this.#early.values())
        if (told === undefined || told > since) since = Math.min(since, first - 1);
      // Further back other slots are told, of which something was told before that.
      if (since === before) break;
    }
    return Number.isFinite(since) ? since : undefined;
  }

  /** The slot behind which all slots are told behind `since`; undefined: no slot was told yet. */
  get slot(): number | undefined {
    const since = this.since ?? Number.POSITIVE_INFINITY;
    const at = this.#told.findLastIndex(({ offset }) => offset <= since);
    if (at >= 0) return this.#told[at]!.slot;
    const [first] = this.#told;
    return first && Math.max(0, first.slot - 1);
  }

  /** Something of a slot was told at this offset. */
  onAppended(slot: number, offset: number): void {
    if (slot <= (this.#told.at(-1)?.slot ?? -1) || this.#early.has(slot)) return;
    this.#early.set(slot, { first: offset, told: undefined });
    if (this.#early.size <= maxSlots) return;
    const [oldest] = this.#early.keys();
    this.#early.delete(oldest!);
  }

  /** A slot was told at this offset, and with it that those below it which were not told never are. */
  onSlotTold(slot: number, offset: number): void {
    // Whoever tells slots says the last one again when it is started anew.
    if (slot <= (this.#told.at(-1)?.slot ?? -1)) return;
    this.#told.push({ slot, offset });
    if (this.#told.length > maxSlots) this.#told.shift();
    for (const [other, early] of this.#early) if (other <= slot) early.told ??= offset;
    this.#forgetPast();
  }

  /** The chain is another one than before. */
  clear(): void {
    this.#early.clear();
    this.#told.length = 0;
  }

  #forgetPast(): void {
    const since = this.since ?? Number.POSITIVE_INFINITY;
    for (const [slot, { told }] of this.#early)
      if (told !== undefined && told <= since) this.#early.delete(slot);
    const at = this.#told.findLastIndex(({ offset }) => offset <= since);
    if (at > 0) this.#told.splice(0, at);
  }
}
