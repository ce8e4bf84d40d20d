import { type Database, open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';
import { makeDirectory } from '../database/make-directory.ts';
import { type ExpiryKey, expiryKeyEncoder, type StoredKey, storedKeyEncoder } from './stored-key.ts';

const mebibyte = 1024 * 1024;

const readBufferBytes = 32 * 1024;

/** `transactionSync`: one transaction of its own, committed without waiting for the device. */
const plainTransaction = 2;

/** What lmdb takes as a value besides a buffer: one of which the bytes from `start` up to `end` are the value. */
export interface ValueSlice extends Buffer {
  start: number;
  end: number;
}

/** An open lmdb environment of a store. */
export interface LmdbEnvironment {
  readonly root: RootDatabase<Buffer, string>;
  /** Records by key. */
  readonly data: Database<Buffer, StoredKey & Uint8Array>;
  /** One entry without a value for each key that expires. */
  readonly expiries: Database<Buffer, ExpiryKey & Uint8Array>;
}

/** Bytes of address space for a store of `maxBytes`: pages of old snapshots take room beside the data. */
function mapSizeOf(maxBytes: number): number {
  const bytes = maxBytes + Math.max(64 * mebibyte, maxBytes / 2);
  return Math.ceil(bytes / mebibyte) * mebibyte;
}

/**
 * Opens the environment in `directory`, which is made when missing; its file is `data.mdb`. Commits do not wait for the
 * device: checkpoints see to that.
 *
 * @throws lmdb's error when the file is none of its own or cannot be opened
 */
export function openEnvironment(directory: string, maxBytes: number): LmdbEnvironment {
  makeDirectory(directory);
  const root = open<Buffer, string>({
    path: directory,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
    noSync: true,
    overlappingSync: false,
    useWritemap: false,
    maxDbs: 4,
    mapSize: mapSizeOf(maxBytes),
  });
  const data = root.openDB<Buffer, StoredKey & Uint8Array>('data', databaseOptions(storedKeyEncoder));
  const expiries = root.openDB<Buffer, ExpiryKey & Uint8Array>('expiries', databaseOptions(expiryKeyEncoder));
  return { root, data, expiries };
}

/**
 * Gives up the buffer that lmdb copies values into, which grows to twice the largest one and stays. The method is lmdb's
 * own; without it the memory is kept.
 */
export function releaseReadBuffer(environment: LmdbEnvironment): void {
  const { data } = environment as { data: { _allocateGetBuffer?: (bytes: number) => unknown } };
  data._allocateGetBuffer?.(readBufferBytes);
}

/** Runs `body` in one write transaction that is committed at its end, or undone when it throws. */
export function inTransaction<T>(environment: LmdbEnvironment, body: () => T): T {
  return environment.root.transactionSync(body, plainTransaction);
}

/** lmdb takes `keyEncoder` here too, which its types say of the root only. */
function databaseOptions(keyEncoder: object): RootDatabaseOptions {
  return { encoding: 'binary', cache: false, keyEncoder };
}
