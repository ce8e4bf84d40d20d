import { encode } from '../../src/chains/solana/base58.ts';
import type { SlotUpdate, SolanaUpdate } from '../../src/chains/solana/updates.ts';
import type { SourceGap, SourceListener } from '../../src/sources/source.ts';

/** Writes down what a source tells, and has room as long as a test says so. */
export class RecordingSourceListener implements SourceListener {
  readonly updates: { readonly update: SolanaUpdate; readonly subscribers: readonly string[] }[] = [];
  readonly slots: SlotUpdate[] = [];
  readonly settled: number[] = [];
  readonly gaps: { readonly gap: SourceGap; readonly subscribers: readonly string[] }[] = [];
  /** Slots of updates that came after `onSettled` of them. */
  readonly late: number[] = [];
  #hasRoom = true;
  #waiting: (() => void)[] = [];

  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  set hasRoom(hasRoom: boolean) {
    this.#hasRoom = hasRoom;
    if (hasRoom) for (const listener of this.#waiting.splice(0)) listener();
  }

  /** The newest settled slot. */
  get last(): number {
    return this.settled.at(-1) ?? -1;
  }

  /** `slot:signature` of each transaction, in the order of arrival. */
  transactions(subscriber?: string): string[] {
    const keys: string[] = [];
    for (const { update, subscribers } of this.updates) {
      if (update.kind !== 'transaction' || (subscriber !== undefined && !subscribers.includes(subscriber)))
        continue;
      keys.push(`${update.slot}:${encode(update.signature)}`);
    }
    return keys;
  }

  /** Slots with a status, in the order of arrival. */
  slotsWith(status: SlotUpdate['status']): number[] {
    return this.slots.filter(slot => slot.status === status).map(({ slot }) => slot);
  }

  onUpdate(update: SolanaUpdate, subscribers: readonly string[]): void {
    if (update.kind !== 'slot' && update.slot <= this.last) this.late.push(update.slot);
    this.updates.push({ update, subscribers });
  }

  onSlot(update: SlotUpdate): void {
    this.slots.push(update);
  }

  onSettled(slot: number): void {
    this.settled.push(slot);
  }

  onGap(gap: SourceGap, subscribers: readonly string[]): void {
    this.gaps.push({ gap, subscribers });
  }

  whenRoom(listener: () => void): void {
    if (this.#hasRoom) listener();
    else this.#waiting.push(listener);
  }
}
