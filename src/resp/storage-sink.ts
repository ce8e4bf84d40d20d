import type { StorageRequest } from '../storage/client/storage-request.ts';

/** Where storage commands go: the part of `StorageClient` that the RESP port needs. */
export interface StorageSink {
  /** Takes a request; answers it once, at once or later. */
  submit(request: StorageRequest): void;
}

/** Figures of the store, as INFO shows them; a second old at most. */
export interface StoreFigures {
  /** Whether the storage runtime answers; otherwise INFO says `loading:1`. */
  readonly isReady: boolean;
  readonly keys: number;
  readonly keysWithExpiry: number;
  /** Bytes of the database file that are in use. */
  readonly usedBytes: number;
  /** Bytes that may be in use. */
  readonly maxBytes: number;
}
