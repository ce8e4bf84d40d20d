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
  #isReplayProven: boolean;

  /**
   * @param content the commitment of what the connection carries
   * @param fromSlot the slot that it was asked to replay from; undefined: from now
   */
  constructor(content: Commitment, fromSlot: number | undefined) {
    this.#content = content;
    this.from = fromSlot;
    this.#isReplayProven = fromSlot === undefined;
  }

  /** Something of this slot came. */
  sawContent(slot: number): void {
    if (slot > this.newest) this.newest = slot;
  }

  /** A slot reached a commitment, as this connection tells. */
  sawStatus(slot: number, status: Commitment): void {
    this.sawContent(slot);
    if (this.from !== undefined || status !== this.#content) return;
    // What is processed is told while it happens: also the slot that is the newest by now may have begun before.
    this.from = (status === 'processed' ? this.newest : slot) + 1;
  }

  /** A slot is sure, as this connection tells. */
  sawSure(slot: number, parent: number | undefined): void {
    if (!this.#isReplayProven && this.from !== undefined) {
      this.#isReplayProven = true;
      // A server that does not know `from_slot` begins with what happens now, in the middle of a slot.
      if (slot > this.from && parent !== undefined && parent >= this.from) this.from = slot + 1;
    }
    if (slot > this.position) this.position = slot;
  }

  /** Whether all of a slot has come on it, given that it told the slot or a later one to be sure. */
  covers(slot: number): boolean {
    return this.from !== undefined && slot >= this.from;
  }

  /** Whether it may still tell of a slot what nobody else knows. */
  mayBring(slot: number): boolean {
    return this.isLive && this.position < slot && (this.from === undefined || this.from <= slot);
  }
}
