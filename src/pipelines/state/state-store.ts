import type { EventStore } from '../../feed/log/event-store.ts';
import { endOf } from '../../feed/log/log-keys.ts';
import { MemoryEventStore } from '../../feed/log/memory-event-store.ts';
import { TypedEventStore } from '../../feed/log/typed-event-store.ts';
import type { TypedStore } from '../../storage/client/typed-store.ts';

/** One change of a batch: sets a key, or removes it where `value` is undefined. */
export interface StateChange {
  readonly key: string;
  readonly value: Uint8Array | string | undefined;
}

/** A record of the state. */
export interface StateRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** How much a read of a range returns at most; one record is returned whatever its size. */
export interface StateRangeLimits {
  /** At most 10,000. @default 1000 */
  readonly maxEntries?: number;
  /** Bytes of keys and values. @default 1048576 */
  readonly maxBytes?: number;
  /** The greatest key first. @default false */
  readonly isReverse?: boolean;
}

/**
 * Small records that outlive the process: checkpoints, dead letters, queues. Keys are texts that sort by their UTF-8 bytes,
 * at most 1,900 of them together with the prefix. Calls reject with a `StorageError`: `corrupt_record` where a value is
 * damaged, `store_full`, else when the store could not. Writes are repeatable: after a rejection that leaves the outcome
 * open, write the same again.
 */
export interface StateStore {
  get(key: string): Promise<Buffer | undefined>;
  set(key: string, value: Uint8Array | string): Promise<void>;
  /** Removes a record; nothing happens where there is none. */
  del(key: string): Promise<void>;
  /** Applies all changes in order, or none. Writes that are not awaited are applied in the order of the calls. */
  batch(changes: readonly StateChange[]): Promise<void>;
  /** Records in the order of their keys, from `from` (inclusive) up to `to`. */
  range(from: string, to: string, limits?: StateRangeLimits): Promise<StateRecord[]>;
  /** Records whose keys begin with `prefix`, which is not empty; `after`: only those behind this key. */
  under(prefix: string, limits?: StateRangeLimits & { readonly after?: string }): Promise<StateRecord[]>;
  /** Removes at most `maxEntries` records whose keys begin with `prefix`, lowest first; how many there were. */
  clear(prefix: string, maxEntries?: number): Promise<number>;
  /** The part of this state whose keys begin with `prefix`, as a state of its own. */
  within(prefix: string): StateStore;
}

/** A state in a store of the storage runtime; its records are under `prefix`. */
export function storedState(store: TypedStore, prefix: string): StateStore {
  return new PrefixedState(new TypedEventStore(store), prefix);
}

/** A state that is gone with the process, where there is no storage; more than `maxBytes` are refused with `store_full`. */
export function memoryState(options: { readonly maxBytes: number }): StateStore {
  return new PrefixedState(new MemoryEventStore(options), '');
}

const pageEntries = 1_000;
const pageBytes = 1024 * 1024;

class PrefixedState implements StateStore {
  readonly #records: EventStore;
  readonly #prefix: string;
  readonly #prefixBytes: number;

  constructor(records: EventStore, prefix: string) {
    this.#records = records;
    this.#prefix = prefix;
    this.#prefixBytes = Buffer.byteLength(prefix);
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#records.get(this.#key(key));
  }

  set(key: string, value: Uint8Array | string): Promise<void> {
    return this.batch([{ key, value }]);
  }

  del(key: string): Promise<void> {
    return this.batch([{ key, value: undefined }]);
  }

  async batch(changes: readonly StateChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#records.write(
      changes.map(({ key, value }) => ({ key: this.#key(key), value: bytesOf(value) })),
    );
  }

  range(from: string, to: string, limits?: StateRangeLimits): Promise<StateRecord[]> {
    return this.#range(this.#key(from), this.#key(to), limits);
  }

  under(prefix: string, limits?: StateRangeLimits & { readonly after?: string }): Promise<StateRecord[]> {
    const start = this.#key(prefix);
    const { after } = limits ?? {};
    return this.#range(after === undefined ? start : this.#key(`${after}\0`), endOf(start), limits);
  }

  clear(prefix: string, maxEntries = pageEntries): Promise<number> {
    const start = this.#key(prefix);
    return this.#records.removeRange(start, endOf(start), maxEntries);
  }

  within(prefix: string): StateStore {
    return new PrefixedState(this.#records, this.#prefix + prefix);
  }

  async #range(from: Buffer, to: Buffer, limits: StateRangeLimits = {}): Promise<StateRecord[]> {
    const { maxEntries = pageEntries, maxBytes = pageBytes, isReverse = false } = limits;
    const records = isReverse
      ? await this.#records.last(from, to, { maxEntries, maxBytes })
      : await this.#records.range(from, to, { maxEntries, maxBytes });
    return records.map(({ key, value }) => ({ key: key.toString('utf8', this.#prefixBytes), value }));
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }
}

function bytesOf(value: Uint8Array | string | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
}
