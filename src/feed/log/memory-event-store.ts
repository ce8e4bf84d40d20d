import { StorageError } from '../../storage/errors.ts';
import type { EventStore, RangeLimits, StoreChange, StoreGuard, StoreRecord } from './event-store.ts';

/** Bytes that a record costs beside its key and value. */
const recordOverhead = 128;

export interface MemoryEventStoreOptions {
  /** Bytes that all records may take; a write that would take more is refused with `store_full`. */
  readonly maxBytes: number;
}

/** An `EventStore` that is gone with the process, for a Trunkline without storage. */
export class MemoryEventStore implements EventStore {
  readonly #maxBytes: number;
  /** Sorted; a key's bytes as the characters of a text, which compare as the bytes do. */
  #keys: string[] = [];
  #values = new Map<string, Buffer>();
  #bytes = 0;

  constructor(options: MemoryEventStoreOptions) {
    this.#maxBytes = options.maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    return this.#values.get(textOf(key));
  }

  async range(from: Buffer, to: Buffer, limits: RangeLimits): Promise<StoreRecord[]> {
    const first = this.#lowerBound(textOf(from));
    const end = this.#lowerBound(textOf(to));
    const hasFloor = limits.isFloor === true && first > 0 && this.#keys[first] !== textOf(from);
    return this.#take(hasFloor ? first - 1 : first, end, 1, limits);
  }

  async last(from: Buffer, to: Buffer, limits: Omit<RangeLimits, 'isFloor'>): Promise<StoreRecord[]> {
    return this.#take(this.#lowerBound(textOf(to)) - 1, this.#lowerBound(textOf(from)) - 1, -1, limits);
  }

  async keys(from: Buffer, to: Buffer, maxEntries: number): Promise<Buffer[]> {
    const first = this.#lowerBound(textOf(from));
    const end = Math.min(this.#lowerBound(textOf(to)), first + maxEntries);
    return this.#keys.slice(first, end).map(bytesOf);
  }

  async write(changes: readonly StoreChange[], guard?: StoreGuard): Promise<void> {
    if (guard !== undefined) {
      const value = this.#values.get(textOf(guard.key));
      if (value === undefined || !guard.values.some(wanted => wanted.equals(value))) {
        throw new StorageError('unexpected_value');
      }
    }
    let added = 0;
    for (const change of changes) {
      if (!('from' in change) && change.value !== undefined) added += costOf(change.key.length, change.value);
    }
    const isAdding = added > 0;
    if (isAdding && this.#bytes + added - this.#freedBy(changes) > this.#maxBytes) {
      throw new StorageError('store_full');
    }
    for (const change of changes) {
      if ('from' in change)
        this.#removeRange(textOf(change.from), textOf(change.to), Number.POSITIVE_INFINITY);
      else if (change.value === undefined) this.#remove(textOf(change.key));
      else this.#set(textOf(change.key), change.value);
    }
  }

  async removeRange(from: Buffer, to: Buffer, maxEntries: number): Promise<number> {
    return this.#removeRange(textOf(from), textOf(to), maxEntries);
  }

  /** Bytes that the changes give back. */
  #freedBy(changes: readonly StoreChange[]): number {
    let freed = 0;
    for (const change of changes) {
      const [first, end] =
        'from' in change
          ? [this.#lowerBound(textOf(change.from)), this.#lowerBound(textOf(change.to))]
          : [this.#lowerBound(textOf(change.key)), this.#lowerBound(`${textOf(change.key)}\0`)];
      for (let i = first; i < end; i++) freed += this.#costAt(i);
    }
    return freed;
  }

  #take(first: number, end: number, step: 1 | -1, limits: Omit<RangeLimits, 'isFloor'>): StoreRecord[] {
    const records: StoreRecord[] = [];
    let bytes = 0;
    for (let i = first; step > 0 ? i < end : i > end; i += step) {
      const key = this.#keys[i]!;
      const value = this.#values.get(key)!;
      bytes += key.length + value.length;
      if (records.length === limits.maxEntries || (records.length > 0 && bytes > limits.maxBytes)) break;
      records.push({ key: bytesOf(key), value });
    }
    return records;
  }

  #set(key: string, value: Buffer): void {
    const before = this.#values.get(key);
    if (before === undefined) {
      const at = this.#lowerBound(key);
      if (at === this.#keys.length) this.#keys.push(key);
      else this.#keys.splice(at, 0, key);
    } else this.#bytes -= costOf(key.length, before);
    this.#values.set(key, value);
    this.#bytes += costOf(key.length, value);
  }

  #remove(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#keys.splice(this.#lowerBound(key), 1);
    this.#values.delete(key);
    this.#bytes -= costOf(key.length, value);
  }

  #removeRange(from: string, to: string, maxEntries: number): number {
    const first = this.#lowerBound(from);
    const end = Math.min(this.#lowerBound(to), first + maxEntries);
    if (end <= first) return 0;
    for (let i = first; i < end; i++) {
      this.#bytes -= this.#costAt(i);
      this.#values.delete(this.#keys[i]!);
    }
    this.#keys.splice(first, end - first);
    return end - first;
  }

  #costAt(index: number): number {
    const key = this.#keys[index]!;
    return costOf(key.length, this.#values.get(key)!);
  }

  /** The index of the first key that is not below `key`. */
  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const textOf = (key: Buffer): string => key.toString('latin1');
const bytesOf = (key: string): Buffer => Buffer.from(key, 'latin1');
const costOf = (keyLength: number, value: Buffer): number => keyLength + value.length + recordOverhead;
