import type { Log } from '../../telemetry/log.ts';
import type { StorageThreadOptions, StoreOptions } from '../channel/messages.ts';
import { makeDirectory } from '../database/make-directory.ts';
import { prepareStore } from '../database/prepare-store.ts';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import { Store } from './store.ts';

/** How a store is made ready before it is opened. */
export interface OpenStoreOptions {
  readonly role: StorageThreadOptions['role'];
  readonly checkOnStart: StorageThreadOptions['checkOnStart'];
}

/**
 * Opens a store. The writer recovers and checks the file before: a damaged page could end the whole process inside lmdb.
 *
 * @throws StorageError `corrupt_database`, `storage_directory`, `disk_full`
 */
export function openStore(store: StoreOptions, options: OpenStoreOptions, log: Log): Store {
  try {
    if (options.role === 'writer') prepare(store, options.checkOnStart, log);
    return new Store(store);
  } catch (error) {
    throw error instanceof StorageError ? error : openFailure(store, error);
  }
}

function prepare(store: StoreOptions, check: OpenStoreOptions['checkOnStart'], log: Log): void {
  makeDirectory(store.directory);
  const { outcome, report } = prepareStore(store.directory, check);
  if (outcome.kind === 'system_ended') {
    log.warn('the system ended while the store was open: it goes on from its last checkpoint', {
      store: store.name,
      transactionsLost: outcome.transactionsLost,
    });
  }
  if (report !== undefined && report.lostPages > 0) {
    log.warn('pages of the file are neither used nor free', { store: store.name, pages: report.lostPages });
  }
}

function openFailure(store: StoreOptions, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  const cause = (error as { code?: unknown } | undefined)?.code;
  const code = codes.get(cause) ?? 'storage_directory';
  return new StorageError(code, `The store ${store.name} cannot be opened in ${store.directory}: ${reason}`, {
    cause: error,
  });
}

/** lmdb's and the system's codes: ENOSPC; MDB_INVALID, MDB_CORRUPTED, MDB_VERSION_MISMATCH, MDB_PAGE_NOTFOUND. */
const codes: ReadonlyMap<unknown, StorageErrorCode> = new Map<unknown, StorageErrorCode>([
  [28, 'disk_full'],
  ['ENOSPC', 'disk_full'],
  [-30793, 'corrupt_database'],
  [-30796, 'corrupt_database'],
  [-30794, 'corrupt_database'],
  [-30797, 'corrupt_database'],
]);
