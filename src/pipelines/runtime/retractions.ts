import type { PipelineItem } from '../pipeline.ts';
import { ItemOrigin, plainOrigin } from './item-origin.ts';

/** What was told of slots that may still be abandoned. */
export class Retractions {
  readonly #max: number;
  readonly #told = new Map<number, PipelineItem[]>();
  /** Slots of which not everything is known any more. */
  readonly #forgotten = new Set<number>();
  #count = 0;

  /** @param max items that are kept; beyond it those of the slot that was told first go */
  constructor(max: number) {
    this.#max = max;
  }

  /** Items that are kept. */
  get size(): number {
    return this.#count;
  }

  /** Notes an item that the handlers get. */
  add(item: PipelineItem): void {
    const { origin } = item;
    // The update that it came from is not held for so long.
    if (origin instanceof ItemOrigin) origin.detach();
    const items = this.#told.get(origin.slot);
    if (items === undefined) this.#told.set(origin.slot, [item]);
    else items.push(item);
    this.#count++;
    while (this.#count > this.#max) {
      const [oldest] = this.#told.keys();
      this.#forgotten.add(oldest!);
      this.#remove(oldest!);
    }
  }

  /** What was told of an abandoned slot, as it is taken back: the newest first. `isWhole`: nothing of it was forgotten. */
  take(slot: number): { readonly items: readonly PipelineItem[]; readonly isWhole: boolean } {
    const items = (this.#told.get(slot) ?? []).map(item => ({
      ...item,
      origin: plainOrigin(item.origin, true),
    }));
    this.#remove(slot);
    return { items: items.reverse(), isWhole: !this.#forgotten.delete(slot) };
  }

  /** Slots up to this one are sure, except those that have yet to be taken back. */
  settle(slot: number, except: ReadonlySet<number>): void {
    const isSure = (told: number) => told <= slot && !except.has(told);
    for (const told of this.#told.keys()) if (isSure(told)) this.#remove(told);
    for (const forgotten of this.#forgotten) if (isSure(forgotten)) this.#forgotten.delete(forgotten);
  }

  #remove(slot: number): void {
    this.#count -= this.#told.get(slot)?.length ?? 0;
    this.#told.delete(slot);
  }
}
