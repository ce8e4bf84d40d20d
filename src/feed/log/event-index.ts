import type { EventStore, RangeLimits, StoreChange, StoreRecord } from './event-store.ts';
import type { LogKeys } from './log-keys.ts';

/** A change of the index, applied with the events that it is appended with: a key set or removed, or a range removed. */
export type IndexChange = StoreChange;

/** Records beside the events that tell where those are; they are changed by `EventLog.append` and read here as committed. */
export class EventIndex {
  readonly #store: EventStore;
  readonly #keys: LogKeys;

  constructor(store: EventStore, keys: LogKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#store.get(this.#keys.index(key));
  }

  /** Records from `from` up to `to`, in the order of their keys. */
  async range(from: Buffer, to: Buffer, limits: RangeLimits): Promise<StoreRecord[]> {
    return (await this.#store.range(this.#keys.index(from), this.#keys.index(to), limits)).map(this.#own);
  }

  /** The last records below `to`, greatest key first. */
  async last(from: Buffer, to: Buffer, limits: RangeLimits): Promise<StoreRecord[]> {
    return (await this.#store.last(this.#keys.index(from), this.#keys.index(to), limits)).map(this.#own);
  }

  /** Removes some of a range at once, not with any events; resolves to how many there were. */
  removeRange(from: Buffer, to: Buffer, maxEntries: number): Promise<number> {
    return this.#store.removeRange(this.#keys.index(from), this.#keys.index(to), maxEntries);
  }

  readonly #own = ({ key, value }: StoreRecord): StoreRecord => ({ key: this.#keys.indexKeyOf(key), value });
}
