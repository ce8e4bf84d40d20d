import { statSync } from 'node:fs';
import { StorageError } from '../errors.ts';
import { assessStore, type RecoveryOutcome } from './assess-store.ts';
import { readBootId } from './boot-id.ts';
import { checkFile, type FileCheckReport } from './file-check.ts';
import { type RecoveryDependencies, recover } from './recover.ts';
import { storeFiles } from './store-files.ts';

/** What was found before a store is opened. */
export interface PreparedStore {
  readonly outcome: RecoveryOutcome;
  /** `undefined`: it was not checked. */
  readonly report?: FileCheckReport;
}

/** Above this, `auto` reads no more than the beginning of each tree. */
const fullCheckBytes = 1024 * 1024 * 1024;

/**
 * Everything that has to happen to a store's file before lmdb opens it: it is checked, then set back to its last
 * checkpoint where the system ended since. A store that does not pass stays as it is.
 *
 * @param checkOnStart `auto`: in full below 1 GiB, or where nothing tells how the store was left; else quick
 * @throws StorageError `corrupt_database` with the first problems; `storage_directory`
 */
export function prepareStore(
  directory: string,
  checkOnStart: 'auto' | 'full' | 'quick' | 'off',
  dependencies: RecoveryDependencies = {},
): PreparedStore {
  const bootId = ('bootId' in dependencies ? dependencies.bootId : readBootId()) ?? '';
  const { outcome, checkpoint } = assessStore(directory, bootId);
  if (outcome.kind === 'new' || checkOnStart === 'off') return { outcome: recover(directory, { bootId }) };
  const path = storeFiles(directory).data;
  const isThorough = outcome.kind === 'unknown' || statSync(path).size < fullCheckBytes;
  const depth = checkOnStart === 'full' || (checkOnStart === 'auto' && isThorough) ? 'full' : 'quick';
  const report = checkFile(path, { depth, state: checkpoint, maxProblems: 10 });
  if (!report.ok) throw damaged(directory, report);
  return { outcome: recover(directory, { bootId }), report };
}

function damaged(directory: string, { problems }: FileCheckReport): StorageError {
  const shown = problems
    .slice(0, 3)
    .map(({ page, what }) => (page < 0 ? what : `page ${page}: ${what}`))
    .join('; ');
  return new StorageError(
    'corrupt_database',
    `The store in ${directory} is damaged and was not opened: ${shown}. Run \`trunkline storage check\`, then restore ` +
      'a backup, or move the directory away to start anew.',
    { details: { problems } },
  );
}
