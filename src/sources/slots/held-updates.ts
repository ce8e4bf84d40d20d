import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Coverage } from './coverage.ts';

interface Held<Update> {
  readonly update: Update;
  readonly ids: readonly string[];
  readonly coverage: Coverage;
}

/**
 * What connections brought of slots behind a hole: it is told once the hole is filled, so that slots come in their order.
 * Bounded by whoever puts something in.
 */
export class HeldUpdates<Update extends SolanaUpdate> {
  readonly #max: number;
  #held: Held<Update>[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#held.length >= this.#max;
  }

  add(update: Update, ids: readonly string[], coverage: Coverage): void {
    this.#held.push({ update, ids, coverage });
  }

  /** Takes out what is of settled slots, slot by slot: no more of them will come. */
  takeSettled(settled: number): readonly Held<Update>[] {
    return this.#take(({ update }) => update.slot <= settled).sort((a, b) => a.update.slot - b.update.slot);
  }

  /** Takes out what follows the settled slot without a hole, in the order of arrival. */
  takeReady(settled: number): readonly Held<Update>[] {
    return this.#take(({ coverage }) => coverage.continues(settled));
  }

  /** Takes out everything, in the order of arrival. */
  takeAll(): readonly Held<Update>[] {
    return this.#held.splice(0);
  }

  #take(isDue: (held: Held<Update>) => boolean): Held<Update>[] {
    const due: Held<Update>[] = [];
    if (this.#held.length === 0) return due;
    const waiting: Held<Update>[] = [];
    for (const held of this.#held) (isDue(held) ? due : waiting).push(held);
    this.#held = waiting;
    return due;
  }
}
