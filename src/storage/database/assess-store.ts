import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StorageError } from '../errors.ts';
import { readCheckpoint } from './checkpoint-file.ts';
import {
  type MetaPage,
  newestMetaPage,
  pageHeaderBytes,
  parseMetaPage,
  readMetaPages,
  readNumber,
} from './meta-page.ts';
import { storeFiles } from './store-files.ts';

/** How a store was left. */
export type RecoveryOutcome =
  /** There is nothing yet, or nothing that was ever flushed. */
  | { readonly kind: 'new' }
  /** It was closed in order, or put in place out of a backup. */
  | { readonly kind: 'clean' }
  /** Its process ended without closing it; the system did not, so every commit is in the file. */
  | { readonly kind: 'process_ended' }
  /** The system ended (power failure): the last checkpoint counts, which is this many transactions back. */
  | { readonly kind: 'system_ended'; readonly transactionsLost: number }
  /** Nothing tells how it was left: it has no checkpoint, or this system has no boot id. Check it in full. */
  | { readonly kind: 'unknown' };

/** What is to be opened. */
export interface StoreAssessment {
  readonly outcome: RecoveryOutcome;
  /** The state that counts where it is not the newest one in the file. */
  readonly checkpoint?: MetaPage;
  /** The sequence of the newest record in the checkpoint file. */
  readonly sequence: number;
}

/**
 * Tells how a store was left and which state of it counts; writes nothing.
 *
 * @throws StorageError `corrupt_database` when the database is missing or does not belong to the checkpoint
 */
export function assessStore(directory: string, bootId: string): StoreAssessment {
  const files = storeFiles(directory);
  const checkpoint = readCheckpoint(files.checkpoint);
  const sequence = checkpoint?.sequence ?? 0;
  const fd = openIfThere(files.data);
  try {
    if (fd === undefined || fstatSync(fd).size === 0) {
      if (checkpoint !== undefined && checkpoint.state !== 'empty') {
        throw corrupt(directory, 'the database file is missing or empty, though it was not before');
      }
      return { outcome: { kind: 'new' }, sequence };
    }
    if (checkpoint === undefined) return { outcome: { kind: 'unknown' }, sequence };
    if (checkpoint.state === 'clean') return { outcome: { kind: 'clean' }, sequence };
    if (bootId === '' || checkpoint.bootId === '') return { outcome: { kind: 'unknown' }, sequence };
    if (checkpoint.bootId === bootId) return { outcome: { kind: 'process_ended' }, sequence };
    if (checkpoint.state === 'empty') return { outcome: { kind: 'new' }, sequence };
    const meta = fittingMeta(fd, checkpoint.meta, directory);
    const newest = newestMetaPage(readMetaPages(fd))?.transaction ?? 0;
    const transactionsLost = Math.max(0, newest - meta.transaction);
    return { outcome: { kind: 'system_ended', transactionsLost }, checkpoint: meta, sequence };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A folder put together from parts of two stores must not be "repaired": the roots have to be where they should. */
function fittingMeta(fd: number, bytes: Buffer, directory: string): MetaPage {
  const meta = parseMetaPage(bytes, bytes.readUInt32LE(0) & 1);
  if (typeof meta === 'string') throw corrupt(directory, `the meta page in the checkpoint ${meta}`);
  const header = Buffer.alloc(pageHeaderBytes);
  for (const { root } of [meta.freeTree, meta.mainTree]) {
    if (root < 0) continue;
    const isThere = readSync(fd, header, 0, header.length, root * meta.pageSize) === header.length;
    if (!isThere || readNumber(header, 0) !== root || readNumber(header, 8) > meta.transaction) {
      throw corrupt(
        directory,
        `page ${root} is not as the checkpoint says; was a file put in from elsewhere?`,
      );
    }
  }
  return meta;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function corrupt(directory: string, what: string): StorageError {
  return new StorageError(
    'corrupt_database',
    `The store in ${directory} was not opened: ${what}. Restore a backup, or move the directory away to start anew.`,
  );
}
