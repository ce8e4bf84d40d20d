import type { AccountUpdate, SolanaUpdate } from '../../chains/solana/updates.ts';

/** Settled slots whose keys are kept: something of them may still come late. */
export const keptBehind = 32;

type Ids = readonly string[];
const nobody: Ids = [];

/**
 * Which updates of the slots that are not settled were told, and to whom: whatever connections bring them again, each
 * subscriber hears of each once. At its limit it forgets the oldest slots.
 */
export class ToldUpdates {
  readonly #maxKeys: number;
  readonly #onEvicted: (keys: number) => void;
  readonly #slots = new Map<number, Map<string, Ids>>();
  #size = 0;

  constructor(options: { readonly maxKeys: number; readonly onEvicted: (keys: number) => void }) {
    this.#maxKeys = options.maxKeys;
    this.#onEvicted = options.onEvicted;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#maxKeys;
  }

  /** Those of `ids` that have not heard of the update; from now on they have. */
  admit(update: SolanaUpdate, ids: Ids): Ids {
    const keys = this.#at(update.slot);
    const key = keyOf(update);
    const told = keys.get(key);
    if (told === undefined) {
      if (this.isFull) this.#evict(update.slot);
      keys.set(key, ids);
      this.#size++;
      return ids;
    }
    const fresh = ids.filter(id => !told.includes(id));
    if (fresh.length === 0) return nobody;
    keys.set(key, [...told, ...fresh]);
    return fresh;
  }

  /** Whether all of `ids` were told of a transaction of that slot. */
  hasTransaction(slot: number, signature: Uint8Array, ids: Ids): boolean {
    const told = this.#slots.get(slot)?.get(latin1(signature));
    return told !== undefined && ids.every(id => told.includes(id));
  }

  /** Takes one subscriber out, as if it had heard of nothing. @returns the keys that it had heard of, by slot */
  takeOut(id: string): ReadonlyMap<number, readonly string[]> {
    const heard = new Map<number, string[]>();
    for (const [slot, keys] of this.#slots) {
      const known: string[] = [];
      for (const [key, ids] of keys) {
        if (!ids.includes(id)) continue;
        known.push(key);
        keys.set(
          key,
          ids.filter(other => other !== id),
        );
      }
      if (known.length > 0) heard.set(slot, known);
    }
    return heard;
  }

  /** Puts a subscriber back in that has heard of these. */
  putBack(id: string, heard: ReadonlyMap<number, readonly string[]>): void {
    for (const [slot, known] of heard) {
      const keys = this.#at(slot);
      for (const key of known) {
        const ids = keys.get(key);
        if (ids === undefined) this.#size++;
        keys.set(key, [...(ids ?? nobody), id]);
      }
    }
  }

  /** What is in the slot may be told anew. */
  forget(slot: number): void {
    this.#size -= this.#slots.get(slot)?.size ?? 0;
    this.#slots.delete(slot);
  }

  /** Slots up to here are settled. */
  settle(settled: number): void {
    for (const slot of this.#slots.keys()) if (slot < settled - keptBehind) this.forget(slot);
  }

  #at(slot: number): Map<string, Ids> {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const keys = new Map<string, Ids>();
    this.#slots.set(slot, keys);
    return keys;
  }

  #evict(except: number): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.keys()) if (slot < oldest && slot !== except) oldest = slot;
    const keys = this.#slots.get(oldest)?.size ?? 0;
    this.forget(oldest);
    this.#onEvicted(keys);
  }
}

/** The same wherever the update comes from; unique within its slot. */
function keyOf(update: SolanaUpdate): string {
  if (update.kind === 'transaction') return latin1(update.signature);
  if (update.kind === 'account') return accountKey(update);
  return update.kind;
}

/** The signature where there is one: write versions are each node's own. */
function accountKey({ pubkey, signature, writeVersion }: AccountUpdate): string {
  return `${latin1(pubkey)}:${signature === undefined ? writeVersion : latin1(signature)}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
