import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { PipelineItem } from '../pipeline.ts';
import { bytesOf } from './update-bytes.ts';

interface Hold {
  readonly bytes: number;
  /** Values of the update that are not done. */
  open: number;
}

/** The updates whose values handlers have, or that wait for them: each counts once, however many values it has. */
export class HeldUpdates {
  readonly #holds = new Map<PipelineItem, Hold>();
  /** The one that is being read. */
  #update: SolanaUpdate | undefined;
  #known: number | undefined;
  #hold: Hold | undefined;
  #bytes = 0;

  /** Bytes of all of them, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Says which update is read: values that come until `end` are made of it.
   * @param bytes what it takes, where that was worked out
   */
  begin(update: SolanaUpdate, bytes?: number): void {
    this.#update = update;
    this.#known = bytes;
    this.#hold = undefined;
  }

  end(): void {
    this.#update = this.#hold = undefined;
  }

  /** A value of the update is not done at once. */
  hold(item: PipelineItem): void {
    if (this.#update === undefined) return;
    if (this.#hold === undefined) this.#hold = { bytes: this.#known ?? bytesOf(this.#update), open: 0 };
    if (this.#hold.open++ === 0) this.#bytes += this.#hold.bytes;
    this.#holds.set(item, this.#hold);
  }

  /** A value is done; nothing happens for one that was not held. */
  release(item: PipelineItem): void {
    const hold = this.#holds.get(item);
    if (hold === undefined) return;
    this.#holds.delete(item);
    if (--hold.open === 0) this.#bytes -= hold.bytes;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#holds.clear();
    this.#bytes = 0;
    this.end();
  }
}
