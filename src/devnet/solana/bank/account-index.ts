import { encode } from '../../../chains/solana/base58.ts';

/** Which accounts there may be, by owner: the machine does not list them. What is found must still be checked. */
export class AccountIndex {
  readonly #owners = new Map<string, string>();
  readonly #byOwner = new Map<string, Set<string>>();
  readonly #former = new Map<string, Set<string>>();

  get size(): number {
    return this.#owners.size;
  }

  /** Base58 keys of all accounts, or of those that have this owner or had it lately. */
  candidates(owner?: string): Set<string> {
    if (owner === undefined) return new Set(this.#owners.keys());
    return new Set([...(this.#byOwner.get(owner) ?? []), ...(this.#former.get(owner) ?? [])]);
  }

  set(name: string, ownerKey: Uint8Array): void {
    const owner = encode(ownerKey);
    const previous = this.#owners.get(name);
    if (previous === owner) return;
    if (previous !== undefined) {
      remove(this.#byOwner, previous, name);
      add(this.#former, previous, name);
    }
    this.#owners.set(name, owner);
    add(this.#byOwner, owner, name);
  }

  /** What an account was cannot be asked for any more; `exists`: whether it is there now. */
  settle(name: string, exists: boolean): void {
    for (const owner of this.#former.keys()) remove(this.#former, owner, name);
    const owner = this.#owners.get(name);
    if (exists || owner === undefined) return;
    this.#owners.delete(name);
    remove(this.#byOwner, owner, name);
  }
}

function add(index: Map<string, Set<string>>, owner: string, name: string): void {
  const names = index.get(owner);
  if (names === undefined) index.set(owner, new Set([name]));
  else names.add(name);
}

function remove(index: Map<string, Set<string>>, owner: string, name: string): void {
  const names = index.get(owner);
  names?.delete(name);
  if (names?.size === 0) index.delete(owner);
}
