import { crc32 } from 'node:zlib';
import { isRecordIntact, recordExpiry } from '../../worker/record.ts';
import type { EntryPlace, EntryVisitor } from './tree-walk.ts';

const keyPrefix = 0x6b;
const deadlineBytes = 8;

/**
 * The entries of a store: every record matches its checksum, and the index of expiries has one entry for each key
 * that expires and no other. The two sides are compared by sums over their entries, so nothing is kept.
 */
export class StoreContent {
  keys = 0;
  /** Bytes of keys and values, headers not counted. */
  bytes = 0;
  #expiring = 0;
  #expiringSum = 0;
  #indexed = 0;
  #indexedSum = 0;
  #scratch: Buffer = Buffer.alloc(256);

  /** What to do with the entries of the tree of that name; `undefined`: a store has none of that name. */
  visitor(name: string): EntryVisitor | undefined {
    if (name === 'data') return { entry: (...entry) => this.#record(...entry) };
    if (name === 'expiries') return { entry: (...entry) => this.#expiry(...entry) };
    return undefined;
  }

  /** What is wrong with the whole; called behind the last entry. */
  problem(): string | undefined {
    if (this.#expiring !== this.#indexed) {
      return `${this.#expiring} keys expire, but the index of expiries has ${this.#indexed}`;
    }
    return this.#expiringSum === this.#indexedSum
      ? undefined
      : 'the index of expiries has other keys or times';
  }

  #record(key: Buffer, start: number, end: number, record: Buffer, place: EntryPlace): string | undefined {
    if (place.isSubtree || key[start] !== keyPrefix) return 'a record has no key of a store';
    if (!isRecordIntact(key, start + 1, end, record, record.length)) {
      return 'the checksum of a record does not match: its key or value was damaged';
    }
    this.keys++;
    this.bytes += end - start + record.length;
    const expiry = recordExpiry(record);
    if (expiry === 0) return undefined;
    this.#expiring++;
    const length = deadlineBytes + end - start - 1;
    if (this.#scratch.length < length) this.#scratch = Buffer.alloc(length);
    this.#scratch.writeDoubleBE(expiry, 0);
    key.copy(this.#scratch, deadlineBytes, start + 1, end);
    this.#expiringSum = (this.#expiringSum + crc32(this.#scratch.subarray(0, length))) % 0x1_00_00_00_00;
    return undefined;
  }

  #expiry(key: Buffer, start: number, end: number, value: Buffer, place: EntryPlace): string | undefined {
    if (place.isSubtree || end - start < deadlineBytes || value.length > 0) {
      return 'an entry of the index of expiries is of no known kind';
    }
    this.#indexed++;
    this.#indexedSum = (this.#indexedSum + crc32(key.subarray(start, end))) % 0x1_00_00_00_00;
    return undefined;
  }
}
