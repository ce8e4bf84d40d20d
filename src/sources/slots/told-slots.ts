import { commitments } from '../../chains/solana/commitment.ts';
import type { SlotUpdate } from '../../chains/solana/updates.ts';

/** Slots behind the settled one of which it is known what was told; of older ones everything was. */
const KEPT_BEHIND = 512;
const DEAD = 1 << commitments.length;

/** Which statuses of which slots one reader was told. */
export class ToldSlots {
  readonly #slots = new Map<number, number>();
  /** Of slots up to here everything was told that matters. */
  #horizon: number;

  /** @param horizon the newest slot of which the reader wants nothing; -1: it wants to hear of all */
  constructor(horizon = -1) {
    this.#horizon = horizon;
  }

  /** Whether the reader does not know it yet; from now on it does. A slot that died and comes again is told anew. */
  admit({ slot, status }: SlotUpdate): boolean {
    if (slot <= this.#horizon) return false;
    const told = this.#slots.get(slot) ?? 0;
    const bit = status === 'dead' ? DEAD : 1 << commitments.indexOf(status);
    if ((told & bit) !== 0) return false;
    this.#slots.set(slot, bit === DEAD || told === DEAD ? bit : told | bit);
    return true;
  }

  /** Slots up to here are settled. */
  settle(settled: number): void {
    const horizon = settled - KEPT_BEHIND;
    if (horizon <= this.#horizon) return;
    this.#horizon = horizon;
    // Now and then: it is as many slots as are kept.
    if (this.#slots.size < 2 * KEPT_BEHIND) return;
    for (const slot of this.#slots.keys()) if (slot <= horizon) this.#slots.delete(slot);
  }
}
