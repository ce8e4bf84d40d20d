import type { MessagePort } from 'node:worker_threads';
import type { StorageErrorCode } from '../errors.ts';

/**
 * What an acknowledgement of a write promises. `memory`: applied in the memory of the runtime, committed at once after;
 * `commit`: committed to the file, survives the death of the process; `fsync`: flushed to the device, survives a power
 * failure.
 */
export type Durability = 'memory' | 'commit' | 'fsync';

/** One store: a database of its own in a directory of its own. */
export interface StoreOptions {
  readonly name: string;
  /** The store's own directory. */
  readonly directory: string;
  readonly durability: Durability;
  /** Bytes that the database file may use before writes that add are refused. */
  readonly maxBytes: number;
}

/** What a storage thread is started with. */
export interface StorageThreadOptions {
  /** `writer`: the one thread that writes, and reads too; `reader`: reads only. */
  readonly role: 'writer' | 'reader';
  readonly stores: readonly StoreOptions[];
  /** Milliseconds between two sweeps of expired keys. */
  readonly sweepIntervalMs: number;
  /** Milliseconds between two checkpoints where no acknowledgement waits for one. */
  readonly checkpointIntervalMs: number;
  /** Milliseconds between the time of the runtime, which no jump moves, and the wall clock. @default 0 */
  readonly wallOffsetMs?: number;
  /** How thoroughly files are looked at before they are opened. */
  readonly checkOnStart: 'auto' | 'full' | 'quick' | 'off';
}

/** Sent to a storage thread; frames of commands are `ArrayBuffer`s, transferred. */
export type ToStorageThread =
  | ArrayBuffer
  | { readonly type: 'ping'; readonly sequence: number }
  /** Ends the thread once all that was sent before is answered; answered by `closed`. */
  | { readonly type: 'close' };

/** Sent by a storage thread; frames of replies are `ArrayBuffer`s, transferred. */
export type FromStorageThread =
  | ArrayBuffer
  | { readonly type: 'ready' }
  /** The thread cannot run; it ends by itself after this. */
  | { readonly type: 'failed'; readonly code: StorageErrorCode; readonly message: string }
  | { readonly type: 'pong'; readonly sequence: number; readonly report: StorageThreadReport }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'closed' };

/** How a storage thread is doing; counters count from its start. */
export interface StorageThreadReport {
  readonly commands: number;
  readonly commits: number;
  readonly commitFailures: number;
  readonly checkpoints: number;
  readonly expiredKeys: number;
  readonly corruptRecords: number;
  /** p99 delay of the thread's event loop in milliseconds. */
  readonly loopDelayP99Ms: number;
  readonly stores: readonly StoreReport[];
}

export interface StoreReport {
  readonly name: string;
  readonly keys: number;
  readonly keysWithExpiry: number;
  /** Bytes of the file that are in use. */
  readonly usedBytes: number;
  readonly fileBytes: number;
  readonly maxBytes: number;
  /** The last commit failed for this reason; absent when it succeeded. */
  readonly failing?: StorageErrorCode;
}

/** `workerData` of a storage thread. */
export interface StorageThreadData {
  readonly options: StorageThreadOptions;
  /** Carries `ToStorageThread` and `FromStorageThread`. */
  readonly port: MessagePort;
}
