import { ABORT } from 'lmdb';
import type { StoreOptions, StoreReport } from '../channel/messages.ts';
import {
  inTransaction,
  type LmdbEnvironment,
  openEnvironment,
  releaseReadBuffer,
  type ValueSlice,
} from './lmdb-environment.ts';
import { isRecordIntact, recordExpiry, recordHeaderBytes, writeRecordHeader } from './record.ts';
import { SpaceAccount } from './space-account.ts';
import { ExpiryKey, maxKeyBytes, StoredKey } from './stored-key.ts';

/** What `read` found: nothing, or nothing that has not expired; a value; a record whose bytes were damaged. */
export const absent = 0;
export const present = 1;
export const corrupt = 2;
export type ReadState = typeof absent | typeof present | typeof corrupt;

/** A buffer for one record that is larger than this is not kept. */
const keptBytes = 1024 * 1024;
const usualBytes = 4096;

/** Native copies cost more than a loop below this many bytes. */
const shortBytes = 40;

/**
 * The keys of one store with their values and expiries. Writes happen inside `transaction` only. The index of expiries
 * is exact: every key that expires has one entry in it, no other key has one.
 */
export class Store {
  readonly options: StoreOptions;
  readonly environment: LmdbEnvironment;
  /** The record of the last `read` that was `present`; its value lies from `valueStart` up to `valueEnd`. */
  value: Uint8Array = new Uint8Array(0);
  readonly valueStart = recordHeaderBytes;
  valueEnd = 0;
  /** The expiry of the last record that `read` saw, expired or not; 0: none, or there was no record. */
  expiry = 0;
  /** Records that did not match their checksum. */
  corruptRecords = 0;
  readonly #space: SpaceAccount;
  readonly #key = new StoredKey();
  readonly #expiryKey = new ExpiryKey();
  #record = newRecord(usualBytes);
  #expiring: number;
  #largestRead = 0;

  /** @throws lmdb's error when the file cannot be opened */
  constructor(options: StoreOptions) {
    this.options = options;
    this.environment = openEnvironment(options.directory, options.maxBytes);
    this.#space = new SpaceAccount(this.environment, options.maxBytes);
    this.#expiring = entriesOf(this.environment.expiries);
  }

  /** Keys, those included that expired and were not swept yet. */
  get keys(): number {
    return entriesOf(this.environment.data);
  }

  /** Keys that expire; exact where this thread writes. */
  get expiringKeys(): number {
    return this.#expiring;
  }

  /** Begins anew with what is committed now; a thread that does not write sees no newer state without. */
  refresh(): void {
    this.environment.root.resetReadTxn();
  }

  /** Looks up the key; what it found is in `value`, `valueEnd` and `expiry` until the next call. */
  read(source: Uint8Array, start: number, end: number, now: number): ReadState {
    const record = this.#find(source, start, end);
    if (record === undefined) return absent;
    const length = record.length;
    if (!isRecordIntact(source, start, end, record, length)) {
      this.corruptRecords++;
      return corrupt;
    }
    if (this.expiry !== 0 && this.expiry <= now) return absent;
    this.value = record;
    this.valueEnd = length;
    return present;
  }

  /** Looks up `expiry` alone, which a write must know before it replaces or removes the key whatever its value is. */
  readExpiry(source: Uint8Array, start: number, end: number): void {
    if (this.#expiring === 0) this.expiry = 0;
    else this.#find(source, start, end);
  }

  /**
   * Writes the key with the value that lies in `from`; `expiry` 0: none. Follows a `read` or `readExpiry` of the same
   * key.
   */
  put(
    source: Uint8Array,
    start: number,
    end: number,
    from: Uint8Array,
    fromStart: number,
    fromEnd: number,
    expiry: number,
  ): void {
    const value = this.prepare(fromEnd - fromStart);
    if (fromEnd - fromStart <= shortBytes) {
      for (let i = fromStart, to = recordHeaderBytes; i < fromEnd; i++, to++) value[to] = from[i]!;
    } else
      value.set(
        new Uint8Array(from.buffer, from.byteOffset + fromStart, fromEnd - fromStart),
        recordHeaderBytes,
      );
    this.putPrepared(source, start, end, expiry);
  }

  /** A buffer in which the caller writes `valueBytes` bytes at `valueStart`, for `putPrepared`. */
  prepare(valueBytes: number): Buffer {
    const length = recordHeaderBytes + valueBytes;
    if (length > this.#record.length)
      this.#record = newRecord(Math.max(length, Math.min(keptBytes, length * 2)));
    this.#record.end = length;
    return this.#record;
  }

  /** Writes the key with the prepared value. */
  putPrepared(source: Uint8Array, start: number, end: number, expiry: number): void {
    const key = this.#key;
    key.source = source;
    key.start = start;
    key.end = end;
    const record = this.#record;
    writeRecordHeader(record, record.end, expiry, source, start, end);
    this.environment.data.putSync(key as StoredKey & Uint8Array, record);
    if (expiry !== this.expiry) this.#index(source, start, end, expiry);
    if (record.length > keptBytes) this.#record = newRecord(usualBytes);
  }

  /** Removes the key; false: it was not there. Follows a `read` or `readExpiry` of the same key. */
  remove(source: Uint8Array, start: number, end: number): boolean {
    if (end - start > maxKeyBytes) return false;
    const key = this.#key;
    key.source = source;
    key.start = start;
    key.end = end;
    const wasThere = this.environment.data.removeSync(key as StoredKey & Uint8Array);
    if (this.expiry !== 0) this.#index(source, start, end, 0);
    return wasThere;
  }

  /** Removes every key. */
  clear(): void {
    clear(this.environment.data);
    clear(this.environment.expiries);
    this.#expiring = 0;
  }

  /** Whether a command of so many bytes may add to the store. */
  admit(bytes: number): boolean {
    return this.#space.admit(bytes);
  }

  /** Whether a key may be there that expired before `now`. */
  hasExpired(now: number): boolean {
    for (const key of this.expiriesFrom(1)) return key.deadline <= now;
    return false;
  }

  /** The first `limit` entries of the index of expiries. */
  expiriesFrom(limit: number): Iterable<ExpiryKey> {
    const first = new ExpiryKey();
    return this.environment.expiries.getKeys({ start: first as ExpiryKey & Uint8Array, limit });
  }

  /** Up to `limit` keys behind `position`; from the first one when it is undefined. */
  keysBehind(position: Uint8Array | undefined, limit: number): Iterable<StoredKey> {
    const start = new StoredKey(position) as StoredKey & Uint8Array;
    return this.environment.data.getKeys({ start, exclusiveStart: position !== undefined, limit } as object);
  }

  /** Up to `limit` keys in order, from `start` up to `end`. */
  keysFrom(start: Uint8Array, end: Uint8Array, limit: number): Buffer[] {
    const keys: Buffer[] = [];
    const from = new StoredKey(start) as StoredKey & Uint8Array;
    for (const key of this.environment.data.getKeys({ start: from, limit })) {
      if (Buffer.compare(key.source, end) >= 0) break;
      keys.push(bufferOf(key.source));
    }
    return keys;
  }

  /** Up to `limit` keys below `start` and not below `end`, the greatest first. */
  keysDownFrom(start: Uint8Array, end: Uint8Array, limit: number): Buffer[] {
    const keys: Buffer[] = [];
    const from = new StoredKey(start) as StoredKey & Uint8Array;
    // lmdb begins with `start` itself where it is there.
    for (const key of this.environment.data.getKeys({ start: from, limit: limit + 1, reverse: true })) {
      if (Buffer.compare(key.source, start) >= 0) continue;
      if (Buffer.compare(key.source, end) < 0 || keys.length === limit) break;
      keys.push(bufferOf(key.source));
    }
    return keys;
  }

  /** Removes an entry of the index, and its key when the key expires just then. */
  expire(entry: ExpiryKey): boolean {
    const { source, start, end, deadline } = entry;
    // A record that was damaged may not say when it expires; the entry goes in any case.
    this.#find(source, start, end);
    const isExpired = this.expiry === deadline;
    if (isExpired) this.remove(source, start, end);
    else if (this.environment.expiries.removeSync(entry as ExpiryKey & Uint8Array)) this.#expiring--;
    return isExpired;
  }

  /** Gives up memory that large values took, once no value is looked at any more. */
  releaseMemory(): void {
    if (this.#largestRead <= keptBytes) return;
    this.#largestRead = 0;
    this.value = nothing;
    releaseReadBuffer(this.environment);
  }

  /** Runs `body` in one transaction; nothing of it stays when it throws or cannot be committed. */
  transaction(body: () => void): void {
    const before = this.#expiring;
    try {
      inTransaction(this.environment, body);
    } catch (error) {
      this.#expiring = before;
      throw error;
    }
  }

  /** Runs `body` inside a transaction; nothing of it stays when it returns false. */
  attempt(body: () => boolean): void {
    const before = this.#expiring;
    let isKept = false;
    this.environment.root.transactionSync(() => {
      isKept = body();
      return isKept ? undefined : ABORT;
    });
    if (!isKept) this.#expiring = before;
  }

  /** Pages in use, counted. */
  report(): StoreReport {
    const { name, maxBytes } = this.options;
    const statistics = this.environment.root.getStats() as { pageSize: number; lastPageNumber: number };
    return {
      name,
      keys: this.keys,
      keysWithExpiry: entriesOf(this.environment.expiries),
      usedBytes: this.#space.measure(),
      fileBytes: (statistics.lastPageNumber + 1) * statistics.pageSize,
      maxBytes,
    };
  }

  /** Closes the environment; nothing may be called after. */
  async close(): Promise<void> {
    await this.environment.root.close();
  }

  /** The record of the key, and its `expiry`. A damaged one may say any. */
  #find(source: Uint8Array, start: number, end: number): Uint8Array | undefined {
    this.expiry = 0;
    if (end - start > maxKeyBytes) return undefined;
    const key = this.#key;
    key.source = source;
    key.start = start;
    key.end = end;
    const record = this.environment.data.getBinaryFast(key as StoredKey & Uint8Array);
    if (record === undefined) return undefined;
    if (record.length > this.#largestRead) this.#largestRead = record.length;
    if (record.length >= recordHeaderBytes) this.expiry = recordExpiry(record);
    return record;
  }

  /** Brings the key's entry in the index from `this.expiry` to `expiry`. */
  #index(source: Uint8Array, start: number, end: number, expiry: number): void {
    const key = this.#expiryKey as ExpiryKey & Uint8Array;
    key.source = source;
    key.start = start;
    key.end = end;
    const { expiries } = this.environment;
    if (this.expiry !== 0) {
      key.deadline = this.expiry;
      if (expiries.removeSync(key)) this.#expiring--;
    }
    if (expiry !== 0) {
      key.deadline = expiry;
      expiries.putSync(key, nothing);
      this.#expiring++;
    }
    this.expiry = expiry;
  }
}

const nothing = Buffer.alloc(0);

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

function newRecord(bytes: number): ValueSlice {
  return Object.assign(Buffer.allocUnsafeSlow(bytes), { start: 0, end: 0 });
}

function entriesOf(database: { getStats(): object }): number {
  return (database.getStats() as { entryCount: number }).entryCount;
}

/** `clearSync` runs in the transaction that is open. */
function clear(database: { clearSync(): void }): void {
  database.clearSync();
}
