/**
 * Which slots a pipeline is done with. Work is counted by slot while it lasts; what begins and ends within one call need not
 * be counted. The checkpoint is contiguous: settled by the source, and no work of it or below is open.
 */
export class SlotLedger {
  readonly #open = new Map<number, number>();
  #settled = -1;
  #checkpoint = -1;

  /** @param checkpoint from where it goes on; -1: from nothing */
  constructor(checkpoint = -1) {
    this.#checkpoint = checkpoint;
  }

  /** The last slot that the source settled; -1: none. */
  get settled(): number {
    return this.#settled;
  }

  /** Slots with open work. */
  get openSlots(): number {
    return this.#open.size;
  }

  /** Work on a slot begins. */
  begin(slot: number, count = 1): void {
    this.#open.set(slot, (this.#open.get(slot) ?? 0) + count);
  }

  /** Work on a slot is done: handled, a dead letter that is stored, or left out and told. */
  end(slot: number, count = 1): void {
    const left = (this.#open.get(slot) ?? 0) - count;
    if (left > 0) this.#open.set(slot, left);
    else this.#open.delete(slot);
  }

  /** Whether work on a slot is open. */
  isOpen(slot: number): boolean {
    return this.#open.has(slot);
  }

  settle(slot: number): void {
    if (slot > this.#settled) this.#settled = slot;
  }

  /** The slot up to which everything is done; -1: nothing. Never goes back. */
  get checkpoint(): number {
    let done = this.#settled;
    for (const slot of this.#open.keys()) if (slot <= done) done = slot - 1;
    if (done > this.#checkpoint) this.#checkpoint = done;
    return this.#checkpoint;
  }
}
