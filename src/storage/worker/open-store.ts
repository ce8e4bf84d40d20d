import { mkdirSync, statSync } from 'node:fs';
import type { Log } from '../../telemetry/log.ts';
import type { StorageThreadOptions, StoreOptions } from '../channel/messages.ts';
import { checkFile } from '../database/file-check.ts';
import { recover } from '../database/recover.ts';
import { storeFiles } from '../database/store-files.ts';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import { Store } from './store.ts';

/** `auto` reads the whole of a file below this many bytes. */
const fullCheckBytes = 1024 ** 3;

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
  mkdirSync(store.directory, { recursive: true });
  const outcome = recover(store.directory);
  if (outcome.kind === 'system_ended') {
    log.warn('the system ended while the store was open: it goes on from its last checkpoint', {
      store: store.name,
      transactionsLost: outcome.transactionsLost,
    });
  }
  if (check === 'off' || outcome.kind === 'new') return;
  const { data } = storeFiles(store.directory);
  const depth = check === 'auto' ? depthOf(outcome, statSync(data).size) : check;
  const report = checkFile(data, { depth });
  if (report.ok) return;
  const [problem] = report.problems;
  const more = report.problems.length > 1 ? ` (and ${report.problems.length - 1} more)` : '';
  throw new StorageError(
    'corrupt_database',
    `The database of the store ${store.name} is damaged: ${problem?.what ?? 'unreadable'}${more}.`,
  );
}

/** A file of which nothing tells how it was left is read in full, whatever its size. */
function depthOf(outcome: ReturnType<typeof recover>, bytes: number): 'full' | 'quick' {
  return outcome.kind === 'unknown' || bytes < fullCheckBytes ? 'full' : 'quick';
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
