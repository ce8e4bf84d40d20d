import type { AccountState } from './svm.ts';

interface Entry {
  readonly slot: number;
  /** What the account was before its first write in the slot; undefined: it did not exist. */
  readonly before: AccountState | undefined;
}

/** What accounts were before the writes of the newest slots: to undo a slot, and to read the state of an older one. */
export class AccountJournal {
  readonly #entries = new Map<string, Entry[]>();
  readonly #keys = new Map<number, Map<string, Uint8Array>>();

  /** Takes down that the account, by base58 key, is written in this slot; only the first write of a slot counts. */
  record(slot: number, name: string, key: Uint8Array, before: AccountState | undefined): void {
    const keys = this.#keys.get(slot) ?? new Map<string, Uint8Array>();
    if (keys.has(name)) return;
    this.#keys.set(slot, keys.set(name, key));
    const entries = this.#entries.get(name);
    if (entries === undefined) this.#entries.set(name, [{ slot, before }]);
    else entries.push({ slot, before });
  }

  /** What the account was at the end of `slot`, when it has been written since; otherwise undefined: it is as it is now. */
  at(name: string, slot: number): { readonly state: AccountState | undefined } | undefined {
    const entry = this.#entries.get(name)?.find(each => each.slot > slot);
    return entry === undefined ? undefined : { state: entry.before };
  }

  /** Forgets a slot, which must be the newest, and returns what its accounts were before it. */
  undo(
    slot: number,
  ): { readonly name: string; readonly key: Uint8Array; readonly before: AccountState | undefined }[] {
    const undone = [...(this.#keys.get(slot) ?? [])].map(([name, key]) => ({
      name,
      key,
      before: this.#entries.get(name)?.pop()?.before,
    }));
    for (const { name } of undone) if (this.#entries.get(name)?.length === 0) this.#entries.delete(name);
    this.#keys.delete(slot);
    return undone;
  }

  /** Forgets the writes of slots up to this one; returns the accounts, by base58 key, that have no older state any more. */
  prune(slot: number): string[] {
    const pruned: string[] = [];
    for (const [old, keys] of this.#keys) {
      if (old > slot) break;
      for (const name of keys.keys()) {
        const entries = this.#entries.get(name);
        if (entries?.[0]?.slot === old) entries.shift();
        if (entries?.length !== 0) continue;
        this.#entries.delete(name);
        pruned.push(name);
      }
      this.#keys.delete(old);
    }
    return pruned;
  }
}
