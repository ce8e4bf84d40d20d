import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import { StorageError } from '../errors.ts';
import { flushDirectory, writeCheckpointFile } from './checkpoint-file.ts';
import { checkFile, type FileCheckReport } from './file-check.ts';
import { makeDirectory } from './make-directory.ts';
import { newestMetaPage, readMetaPages } from './meta-page.ts';
import { copySnapshot } from './snapshot.ts';
import { storeFiles } from './store-files.ts';

/** A copy of one store. */
export interface StoreBackup {
  readonly directory: string;
  readonly bytes: number;
  readonly report: FileCheckReport;
}

export interface BackupProgress {
  /** Bytes copied so far, and those that the store has. */
  readonly onCopied?: (bytes: number, ofBytes: number) => void;
  /** Pages of the copy that were checked so far, and those that it has. */
  readonly onChecked?: (pages: number, ofPages: number) => void;
}

/** Milliseconds between two looks at how far the copy is. */
const progressIntervalMs = 200;

/**
 * The folder that a backup goes to: made when it is missing, refused when something is in it.
 *
 * @throws StorageError `storage_directory`
 */
export function prepareBackupDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    if (readdirSync(directory).length === 0) return;
  } catch (error) {
    throw unwritable(directory, error);
  }
  throw new StorageError(
    'storage_directory',
    `${directory} is not empty. A backup goes to a new or empty directory, so that it never mixes with another one.`,
  );
}

/**
 * Copies a store as it is at one moment, flushes the copy, marks it as closed in order and checks it in full. To
 * restore it: stop Trunkline, put the folder in the place of the store's, start. What was made is removed again when
 * it fails.
 *
 * @throws StorageError `corrupt_database` when the store or the copy is damaged; `storage_directory`
 */
export async function backupStore(
  directory: string,
  target: string,
  clock: Clock,
  progress: BackupProgress = {},
): Promise<StoreBackup> {
  try {
    mkdirSync(target);
    const files = storeFiles(target);
    const ofBytes = statSync(storeFiles(directory).data).size;
    const timer = clock.setInterval(
      () => progress.onCopied?.(sizeOf(files.data), ofBytes),
      progressIntervalMs,
    );
    try {
      await copySnapshot(directory, target);
    } finally {
      clock.clearInterval(timer);
    }
    seal(target);
    const { onChecked } = progress;
    const report = checkFile(files.data, { depth: 'full', ...(onChecked && { onProgress: onChecked }) });
    if (!report.ok) throw damaged(directory, report);
    return { directory: target, bytes: sizeOf(files.data), report };
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw error instanceof StorageError ? error : unwritable(target, error);
  }
}

/** Flushes a copied database and leaves beside it what a store that was closed in order has. */
export function seal(directory: string): void {
  const files = storeFiles(directory);
  const fd = openSync(files.data, 'r+');
  try {
    fsyncSync(fd);
    const meta = newestMetaPage(readMetaPages(fd));
    writeCheckpointFile(files.checkpoint, {
      sequence: 1,
      state: 'clean',
      bootId: '',
      meta: meta?.bytes ?? Buffer.alloc(0),
    });
  } finally {
    closeSync(fd);
  }
  flushDirectory(dirname(directory));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function unwritable(directory: string, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('storage_directory', `The backup in ${directory} cannot be written: ${reason}`, {
    cause: error,
  });
}

function damaged(directory: string, { problems }: FileCheckReport): StorageError {
  return new StorageError(
    'corrupt_database',
    `The copy of the store in ${directory} is damaged, and so is most likely the store: ${problems[0]?.what}. Run ` +
      '`trunkline storage check`.',
    { details: { problems } },
  );
}
