import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { StorageError } from '../errors.ts';
import type { SnapshotAnswer, SnapshotRequest } from './snapshot-messages.ts';

const entry = new URL(`./snapshot-process${extname(import.meta.url)}`, import.meta.url);

/**
 * Runs `body` while the pages of the store's present state, and of later ones, stay as they are in the file, whatever
 * another process writes meanwhile.
 *
 * @throws StorageError `corrupt_database` when lmdb cannot open the store
 */
export async function withSnapshot<T>(directory: string, body: () => T): Promise<T> {
  const request = { directory };
  const child = start(request);
  try {
    await finished(child, request);
    return body();
  } finally {
    await stop(child);
  }
}

/**
 * Copies the database of a store, as it is at one moment, into the directory `target`, which must be there.
 *
 * @throws StorageError `corrupt_database` when lmdb cannot read the store; `storage_directory` when it cannot write
 */
export async function copySnapshot(directory: string, target: string): Promise<void> {
  const request = { directory, target };
  const child = start(request);
  try {
    await finished(child, request);
  } finally {
    await stop(child);
  }
}

function start(request: SnapshotRequest): ChildProcess {
  return fork(entry, [JSON.stringify(request)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
}

function finished(child: ChildProcess, { directory, target }: SnapshotRequest): Promise<void> {
  const what = target === undefined ? 'read' : `copied to ${target}`;
  return new Promise((resolve, reject) => {
    child.on('message', (answer: SnapshotAnswer) => {
      if (answer.type === 'failed') reject(copyFailed(directory, what, answer.message));
      else resolve();
    });
    child.on('error', error => reject(copyFailed(directory, what, error.message)));
    child.on('exit', (_code, signal) =>
      reject(
        new StorageError(
          'corrupt_database',
          `lmdb could not read the store in ${directory}${signal === null ? '' : ` (${signal})`}. Run \`trunkline storage check\`.`,
        ),
      ),
    );
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve();
    else {
      child.once('exit', () => resolve());
      if (child.connected) child.disconnect();
    }
  });
}

function copyFailed(directory: string, what: string, reason: string): StorageError {
  return new StorageError('storage_directory', `The store in ${directory} cannot be ${what}: ${reason}`);
}
