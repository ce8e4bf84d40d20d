import { closeSync, fdatasyncSync, openSync, truncateSync, writeSync } from 'node:fs';
import { StorageError } from '../errors.ts';
import { assessStore, type RecoveryOutcome, type StoreAssessment } from './assess-store.ts';
import { readBootId } from './boot-id.ts';
import { writeCheckpointFile } from './checkpoint-file.ts';
import { type MetaPage, metaBytes, newestMetaPage, readMetaPages } from './meta-page.ts';
import { storeFiles } from './store-files.ts';

export interface RecoveryDependencies {
  /** This run of the operating system. @default that of the kernel */
  readonly bootId?: string | undefined;
}

/**
 * Makes the file of a store fit to be opened, before lmdb opens it. Commits are not flushed one by one, so after a
 * power failure the file may hold any mixture of old and new pages; the checkpoint names a state all of whose pages
 * were flushed and not written since, and this function makes it the one that lmdb opens. After anything less than
 * that (`kill -9`, a crash) the page cache has every commit, and the file is left as it is. So it is on systems without
 * a boot id (other than Linux): there a power failure is not told from a crash, and the outcome is `unknown`.
 *
 * @throws StorageError `corrupt_database` when the database is missing or does not belong to the checkpoint;
 * `storage_directory` when the files cannot be read or written
 */
export function recover(directory: string, dependencies: RecoveryDependencies = {}): RecoveryOutcome {
  const bootId = ('bootId' in dependencies ? dependencies.bootId : readBootId()) ?? '';
  try {
    const assessment = assessStore(directory, bootId);
    apply(directory, assessment, bootId);
    return assessment.outcome;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      'storage_directory',
      `The store in ${directory} cannot be read or written: ${reason}`,
      { cause: error },
    );
  }
}

function apply(directory: string, { outcome, checkpoint, sequence }: StoreAssessment, bootId: string): void {
  const files = storeFiles(directory);
  const next = { sequence: sequence + 1, bootId };
  if (outcome.kind === 'new') {
    // Whatever an earlier start left behind was never flushed; an empty file is a new database to lmdb.
    truncateIfThere(files.data);
    writeCheckpointFile(files.checkpoint, { ...next, state: 'empty', meta: Buffer.alloc(0) });
    return;
  }
  const fd = openSync(files.data, 'r+');
  try {
    if (checkpoint !== undefined) setBack(fd, checkpoint);
    fdatasyncSync(fd);
    const meta = newestMetaPage(readMetaPages(fd));
    // Nobody pins the state of an older checkpoint any more, and a clean mark ends with the first write.
    if (meta !== undefined) {
      writeCheckpointFile(files.checkpoint, { ...next, state: 'running', meta: meta.bytes });
    }
  } finally {
    closeSync(fd);
  }
}

/** Writes the checkpoint's meta page over both of the file's, so that there is no other state to open. */
function setBack(fd: number, meta: MetaPage): void {
  const pages = Buffer.alloc(2 * meta.pageSize);
  for (const slot of [0, 1]) {
    const at = slot * meta.pageSize;
    meta.bytes.copy(pages, at, 0, metaBytes);
    pages.writeBigUInt64LE(BigInt(slot), at);
  }
  writeSync(fd, pages, 0, pages.length, 0);
}

function truncateIfThere(path: string): void {
  try {
    truncateSync(path, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
