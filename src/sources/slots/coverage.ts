import type { Commitment } from '../../chains/solana/commitment.ts';

/**
 * For which slots one connection vouches: those of which it carried everything from their beginning. Of a slot in whose
 * middle it was opened it does not know what it missed.
 */
export class Coverage {
  /** The first slot of which all comes on it; undefined: it has not told enough to know. */
  from: number | undefined;
  /** The newest slot that it told to be sure. */
  position = -1;
  /** The newest slot that it told anything of. */
  newest = -1;
  /** False: the connection is gone. */
  isLive = true;
  readonly #content: Commitment;
  /** The oldest slot of which it carried content. */
  #oldest = Number.POSITIVE_INFINITY;
  /** Whether it has shown that it goes on where it was asked to. */
  #isProven: boolean;

  /**
   * @param content the commitment of what the connection carries
   * @param fromSlot the slot that it was asked to replay from; undefined: from now
   */
  constructor(content: Commitment, fromSlot: number | undefined) {
    this.#content = content;
    this.from = fromSlot;
    this.#isProven = false;
  }

  /** Something in this slot came. */
  sawContent(slot: number): void {
    if (slot < this.#oldest) this.#oldest = slot;
    if (slot > this.newest) this.newest = slot;
  }

  /** A slot reached a commitment, as this connection tells. @returns whether it is known only now for which slots it vouches */
  sawStatus(slot: number, parent: number | undefined, status: Commitment): boolean {
    if (slot > this.newest) this.newest = slot;
    if (this.#isProven || status !== this.#content) return false;
    this.#isProven = true;
    if (this.from !== undefined && this.#isReplay(slot, parent, this.from)) return true;
    // What is processed is told while it happens: also the slot that is the newest by now may have begun before.
    this.from = (status === 'processed' ? this.newest : slot) + 1;
    return true;
  }

  /** A slot is sure, as this connection tells. */
  sawSure(slot: number): void {
    if (slot > this.position) this.position = slot;
  }

  /** Whether all of a slot has come on it, given that it told the slot or a later one to be sure. */
  covers(slot: number): boolean {
    return this.#isProven && this.from !== undefined && slot >= this.from;
  }

  /** Whether it carried everything since the settled slot, so that what it carries can be told as it comes. */
  continues(settled: number): boolean {
    return this.covers(settled + 1);
  }

  /** Whether it may still tell of a slot what nobody else knows. */
  mayBring(slot: number): boolean {
    return this.isLive && this.position < slot && (this.from === undefined || this.from <= slot);
  }

  /** A server that does not know `from_slot` begins with what happens now, in the middle of a slot. */
  #isReplay(slot: number, parent: number | undefined, from: number): boolean {
    if (slot <= from) return true;
    return parent !== undefined && (parent < from || this.#oldest <= parent);
  }
}
