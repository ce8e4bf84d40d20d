/** A key with its value. */
export interface StoreRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** One change of a write: sets a key, removes one, or removes all from `from` (inclusive) up to `to`. */
export type StoreChange =
  | { readonly key: Buffer; readonly value: Buffer | undefined }
  | { readonly from: Buffer; readonly to: Buffer };

/** How much a read of a range returns at most; one record is returned whatever its size. */
export interface RangeLimits {
  readonly maxEntries: number;
  /** Bytes of keys and values. */
  readonly maxBytes: number;
  /** Begins with the greatest key that is not above `from`, if there is one. @default false */
  readonly isFloor?: boolean;
}

/** What a write demands of the store as it is: the key has one of these values. Else nothing is applied. */
export interface StoreGuard {
  readonly key: Buffer;
  readonly values: readonly Buffer[];
}

/**
 * Where an `EventLog` keeps its records: an ordered map from bytes to bytes. Calls reject with a `StorageError`:
 * `corrupt_record` where a value is damaged, `unexpected_value` where a guard does not hold, else when the store could not.
 */
export interface EventStore {
  get(key: Buffer): Promise<Buffer | undefined>;
  /** Records in the order of their keys, from `from` (inclusive) up to `to`. */
  range(from: Buffer, to: Buffer, limits: RangeLimits): Promise<StoreRecord[]>;
  /** The last records below `to` and not below `from`, greatest key first. */
  last(from: Buffer, to: Buffer, limits: Omit<RangeLimits, 'isFloor'>): Promise<StoreRecord[]>;
  /** Keys as in `range`, whether or not their values are damaged. */
  keys(from: Buffer, to: Buffer, maxEntries: number): Promise<Buffer[]>;
  /** Applies all changes in order, or none; writes that were not awaited are applied in the order of the calls. */
  write(changes: readonly StoreChange[], guard?: StoreGuard): Promise<void>;
  /** Removes at most `maxEntries` records, lowest keys first; resolves to how many there were. */
  removeRange(from: Buffer, to: Buffer, maxEntries: number): Promise<number>;
}
