import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../errors/trunkline-error.ts';

/** Why a storage call failed, or why the storage runtime did not start. */
export const storageErrors = {
  storage_overloaded: {
    sentence:
      'As many storage commands are pending as may, and none was answered within the wait that is allowed; send less, or raise `storage.channel.capacity`.',
    retryable: true,
  },
  storage_timeout: {
    sentence:
      'The storage runtime did not answer within the time of the call. A write may or may not have been applied.',
    penalizesBreaker: true,
  },
  storage_unavailable: {
    sentence:
      'The storage runtime is not running, and the call could not wait for it: the queue for restarts is full, or its time is over.',
    retryable: true,
  },
  storage_breaker_open: {
    sentence: 'The circuit breaker of the storage runtime is open: it failed too often just now.',
    retryable: true,
  },
  storage_outcome_unknown: {
    sentence:
      'The storage runtime ended while a command ran that must not be repeated; it may or may not have been applied.',
  },
  storage_stopped: {
    sentence: 'The storage client was stopped before the call was answered.',
  },
  disk_full: {
    sentence:
      'There is no space left on the device that holds `storage.directory`. Reads go on; writes work again as soon as there is space.',
    retryable: true,
  },
  store_full: {
    sentence:
      'The store holds as many bytes as its `max_bytes` allows. Reads and deletions go on; delete something or raise the limit.',
  },
  write_failed: {
    sentence: 'The database could not commit the write; nothing of it was applied. The log says why.',
    penalizesBreaker: true,
  },
  corrupt_record: {
    sentence:
      'The checksum of a stored value does not match its bytes: the file was damaged. Run `trunkline storage check`.',
  },
  corrupt_database: {
    sentence:
      'The database file is damaged or was cut, so it was not opened. Run `trunkline storage check`, then restore a backup or move the directory away.',
  },
  storage_locked: {
    sentence:
      'Another process uses `storage.directory`. Two must not write one store: stop it, or give this one a directory of its own.',
  },
  storage_directory: {
    sentence: '`storage.directory` cannot be created, read or written by this user.',
  },
  unexpected_value: {
    sentence:
      'The store is not as the batch expects it to be: somebody else wrote, or the batch was applied before. Nothing of it was applied.',
  },
  command_refused: {
    sentence: "The storage command was answered with an error; the message is the command's own.",
  },
  injected_fault: {
    sentence: 'A fault that `storage.fault_injection` was told to make.',
    retryable: true,
    penalizesBreaker: true,
  },
} as const satisfies ErrorCatalogue;

/** A code of `storageErrors`. */
export type StorageErrorCode = keyof typeof storageErrors;

/** An error of the storage domain. */
export class StorageError extends TrunklineError<StorageErrorCode> {
  constructor(
    code: StorageErrorCode,
    message: string = storageErrors[code].sentence,
    options?: TrunklineErrorOptions,
  ) {
    super(storageErrors, code, message, options);
  }
}
