import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';
import { readBootId } from './boot-id.ts';
import { makeDirectory } from './make-directory.ts';
import { type ProcessIdentity, processStart } from './process-identity.ts';

/** A storage directory that no other process uses. */
export interface DirectoryLock {
  /** Gives the directory back; calling it again does nothing. */
  release(): void;
}

/** Rounds of taking over a lock whose holder is gone, when others do the same. */
const attempts = 50;

/**
 * Takes a storage directory for this process, and makes it when it is missing. The lock is a file that names its
 * holder. One whose holder ended without giving it back (`kill -9`, a power failure) is taken over: the process is gone,
 * or its number belongs to a later one. It holds among processes that see each other: containers that share a directory,
 * each with process numbers of its own, must not.
 *
 * @throws StorageError `storage_locked` when a process that runs holds it; `storage_directory` when the directory cannot
 * be made or written
 */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, 'lock');
  const token = randomBytes(8).toString('hex');
  const own = JSON.stringify({ ...ownIdentity(), token });
  const draft = `${path}.${token}`;
  try {
    makeDirectory(directory);
    writeFileSync(draft, own, { flush: true });
    try {
      acquire(directory, path, draft);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      'storage_directory',
      `The storage directory ${directory} cannot be made or written: ${reason}`,
      { cause: error },
    );
  }
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      if (readIfThere(path) === own) rmSync(path, { force: true });
    },
  };
}

/** Which process holds a storage directory just now; `undefined`: none. */
export function lockHolder(directory: string): number | undefined {
  const text = readIfThere(join(directory, 'lock'));
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && isRunning(holder) ? holder.pid : undefined;
}

function acquire(directory: string, path: string, draft: string): void {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (linked(draft, path)) return;
    const found = readIfThere(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && isRunning(holder)) throw locked(directory, holder.pid);
    const aside = `${draft}.aside`;
    if (!moved(path, aside)) continue;
    // Another process may have taken it over just before: what was moved is its lock then, and goes back.
    if (readFileSync(aside, 'utf8') !== found) linked(aside, path);
    rmSync(aside, { force: true });
  }
  throw new StorageError('storage_locked', `The lock of ${directory} is fought over by other processes.`);
}

function ownIdentity(): ProcessIdentity {
  const { pid } = process;
  return { pid, startedAt: processStart(pid) ?? '', bootId: readBootId() ?? '' };
}

function isRunning(holder: ProcessIdentity): boolean {
  const bootId = readBootId() ?? '';
  if (bootId !== '' && holder.bootId !== '' && bootId !== holder.bootId) return false;
  const startedAt = processStart(holder.pid);
  if (startedAt === undefined) return false;
  return startedAt === '' || holder.startedAt === '' || startedAt === holder.startedAt;
}

/** `undefined`: a power failure left less than a holder. */
function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt, bootId } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (!Number.isSafeInteger(pid) || (pid ?? 0) <= 0) return undefined;
    return { pid: pid ?? 0, startedAt: String(startedAt ?? ''), bootId: String(bootId ?? '') };
  } catch {
    return undefined;
  }
}

/** Puts a whole file under a name that must be free. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!withoutLinks.includes(codeOf(error) ?? '')) throw error;
  }
  try {
    writeFileSync(to, readFileSync(from), { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** What file systems without hard links answer. */
const withoutLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function locked(directory: string, pid: number): StorageError {
  return new StorageError(
    'storage_locked',
    `The storage directory ${directory} is used by the process ${pid}. Two must not write one store: stop that ` +
      'process, or set `storage.directory` to a directory of its own.',
    { details: { pid } },
  );
}
