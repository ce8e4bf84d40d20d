import type { Pid } from './pid.ts';
import { canonicalKey, ProcessName, type RegistryKey } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';

export interface RegistryOptions {
  /** Whether a key has one holder or many. */
  readonly keys: 'unique' | 'duplicate';
}

/** One entry: who registered, and what it left with the key; a plain object to be called directly, for instance. */
export interface RegistryEntry<Value> {
  readonly pid: Pid;
  readonly value: Value;
}

export type RegistryEvent<Value> =
  | { readonly type: 'register'; readonly key: RegistryKey; readonly pid: Pid; readonly value: Value }
  | { readonly type: 'unregister'; readonly key: RegistryKey; readonly pid: Pid };

export type RegisterResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'already_registered'; readonly pid: Pid }
  | { readonly ok: false; readonly error: 'noproc' };

interface Slot<Value> {
  readonly key: RegistryKey;
  entries: readonly RegistryEntry<Value>[];
}

/**
 * Keys → processes, with a value each. Look-up is one hash access. Entries go with their process, before anybody
 * learns of its end; so entries are bounded by what the living processes register.
 */
export class Registry<Value = unknown> {
  readonly #system: ProcessSystem;
  readonly #keys: 'unique' | 'duplicate';
  readonly #slots = new Map<string, Slot<Value>>();
  readonly #byPid = new Map<Pid, Set<string>>();
  readonly #listeners = new Set<(event: RegistryEvent<Value>) => void>();
  readonly #locks = new Map<string, Promise<void>>();

  constructor(system: ProcessSystem, options: RegistryOptions) {
    this.#system = system;
    this.#keys = options.keys;
  }

  /** Entries over all keys. */
  get count(): number {
    let count = 0;
    for (const keys of this.#byPid.values()) count += keys.size;
    if (this.#keys === 'unique') return count;
    count = 0;
    for (const slot of this.#slots.values()) count += slot.entries.length;
    return count;
  }

  /** Files `pid` under `key`. A dead holder never blocks. */
  register(pid: Pid, key: RegistryKey, value: Value): RegisterResult {
    const owner = this.#system.find(pid);
    if (owner === undefined) return { ok: false, error: 'noproc' };
    const text = canonicalKey(key);
    const slot = this.#slots.get(text);
    const holder = slot?.entries[0];
    if (this.#keys === 'unique' && holder !== undefined) {
      return { ok: false, error: 'already_registered', pid: holder.pid };
    }
    const entry = { pid, value };
    if (slot === undefined) this.#slots.set(text, { key, entries: [entry] });
    else slot.entries = [...slot.entries, entry];
    const keys = this.#byPid.get(pid);
    if (keys === undefined) {
      this.#byPid.set(pid, new Set([text]));
      owner.registries ??= new Set();
      owner.registries.add(this);
    } else {
      keys.add(text);
    }
    this.#tell({ type: 'register', key, pid, value });
    return { ok: true };
  }

  /** Takes back all entries of `pid` under `key`; unknown ones are fine. */
  unregister(pid: Pid, key: RegistryKey): void {
    const text = canonicalKey(key);
    const keys = this.#byPid.get(pid);
    if (!keys?.delete(text)) return;
    this.#remove(text, pid);
    if (keys.size > 0) return;
    this.#byPid.delete(pid);
    this.#system.find(pid)?.registries?.delete(this);
  }

  /** Takes back all entries of a process; called when it ends. */
  forget(pid: Pid): void {
    const keys = this.#byPid.get(pid);
    this.#byPid.delete(pid);
    for (const text of keys ?? []) this.#remove(text, pid);
  }

  /** The holder of a name in a registry of unique keys. */
  whereis<Call, Cast, Info>(name: ProcessName<Call, Cast, Info>): Pid<Call, Cast, Info> | undefined;
  whereis(key: RegistryKey): Pid | undefined;
  whereis(key: RegistryKey): Pid | undefined {
    const text = key instanceof ProcessName ? key.key : canonicalKey(key);
    return this.#slots.get(text)?.entries[0]?.pid;
  }

  /** The entries under `key`, in the order of their registration. */
  lookup(key: RegistryKey): readonly RegistryEntry<Value>[] {
    return this.#slots.get(canonicalKey(key))?.entries ?? [];
  }

  /** The values that `pid` left under `key`. */
  values(key: RegistryKey, pid: Pid): readonly Value[] {
    return this.lookup(key)
      .filter(entry => entry.pid === pid)
      .map(entry => entry.value);
  }

  /** The keys under which `pid` is filed. */
  keys(pid: Pid): readonly RegistryKey[] {
    return [...(this.#byPid.get(pid) ?? [])].map(text => (this.#slots.get(text) as Slot<Value>).key);
  }

  /**
   * Replaces the value under a unique key.
   *
   * @returns the new value, or `undefined` when `pid` is not the holder or keys are duplicate
   */
  updateValue(pid: Pid, key: RegistryKey, update: (value: Value) => Value): Value | undefined {
    const slot = this.#slots.get(canonicalKey(key));
    const entry = slot?.entries[0];
    if (this.#keys === 'duplicate' || slot === undefined || entry?.pid !== pid) return undefined;
    const value = update(entry.value);
    slot.entries = [{ pid, value }];
    return value;
  }

  /** Calls `send` with the entries under `key`, if there are any. */
  dispatch(key: RegistryKey, send: (entries: readonly RegistryEntry<Value>[]) => void): void {
    const entries = this.lookup(key);
    if (entries.length > 0) send(entries);
  }

  /** Has `listener` called on every registration and its end, also by death; returns how to end that. */
  listen(listener: (event: RegistryEvent<Value>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `work` while no other `lock` of the same key runs; released however it ends. */
  async lock<Result>(key: RegistryKey, work: () => Result | Promise<Result>): Promise<Result> {
    const text = canonicalKey(key);
    const before = this.#locks.get(text);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const tail = before === undefined ? held : before.then(() => held);
    this.#locks.set(text, tail);
    await before;
    try {
      return await work();
    } finally {
      release();
      if (this.#locks.get(text) === tail) this.#locks.delete(text);
    }
  }

  #remove(text: string, pid: Pid): void {
    const slot = this.#slots.get(text);
    if (slot === undefined) return;
    slot.entries = slot.entries.filter(entry => entry.pid !== pid);
    if (slot.entries.length === 0) this.#slots.delete(text);
    this.#tell({ type: 'unregister', key: slot.key, pid });
  }

  #tell(event: RegistryEvent<Value>): void {
    for (const listener of this.#listeners) this.#system.shield(() => listener(event));
  }
}
