import { closeSync, openSync } from 'node:fs';
import { assessStore, type RecoveryOutcome } from './assess-store.ts';
import { readBootId } from './boot-id.ts';
import { checkFile, type FileCheckOptions, type FileCheckReport } from './file-check.ts';
import { type MetaPage, newestMetaPage, readMetaPages } from './meta-page.ts';
import { prepareStore } from './prepare-store.ts';
import { withSnapshot } from './snapshot.ts';
import { storeFiles } from './store-files.ts';

/** What a look at a store found; nothing of it was changed. */
export interface StoreInspection {
  /** How it was left; `live`: a process uses it just now. */
  readonly found: RecoveryOutcome['kind'] | 'live';
  readonly report: FileCheckReport;
}

/**
 * Checks a store in full that nobody uses; where the system ended since, the state that a start would go back to.
 *
 * @throws StorageError `corrupt_database` when the database is missing or does not belong to the checkpoint
 */
export function inspectStore(
  directory: string,
  onProgress: NonNullable<FileCheckOptions['onProgress']>,
): StoreInspection {
  const { outcome, checkpoint } = assessStore(directory, readBootId() ?? '');
  const path = storeFiles(directory).data;
  if (outcome.kind === 'new') return { found: 'new', report: nothing };
  const report = checkFile(path, { depth: 'full', state: checkpoint, onProgress });
  return { found: outcome.kind, report };
}

/**
 * Checks a store in full while another process writes it: the state of one moment, whose pages stay as they are until
 * the check is done.
 *
 * @throws StorageError `corrupt_database` when lmdb cannot open it
 */
export function inspectLiveStore(
  directory: string,
  onProgress: NonNullable<FileCheckOptions['onProgress']>,
): Promise<StoreInspection> {
  return withSnapshot(directory, () => {
    const path = storeFiles(directory).data;
    return {
      found: 'live',
      report: checkFile(path, { depth: 'full', state: settledState(path), onProgress }),
    };
  });
}

/**
 * Sets a store that nobody uses back to its last checkpoint where the system ended since, as a start would; leaves any
 * other as it is.
 *
 * @throws StorageError `corrupt_database` when it does not pass a check; `storage_directory`
 */
export function goBackToCheckpoint(directory: string): void {
  const { outcome } = assessStore(directory, readBootId() ?? '');
  if (outcome.kind === 'system_ended') prepareStore(directory, 'full');
}

const nothing: FileCheckReport = { ok: true, problems: [], pages: 0, lostPages: 0, keys: 0, bytes: 0 };

/** A meta page may be written while it is read: it counts once it reads the same twice. */
function settledState(path: string): MetaPage | undefined {
  const fd = openSync(path, 'r');
  try {
    let last: MetaPage | undefined;
    for (let attempt = 0; attempt < 100; attempt++) {
      const state = newestMetaPage(readMetaPages(fd));
      if (state !== undefined && last?.bytes.equals(state.bytes)) return state;
      last = state;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}
