import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import { StorageError } from '../errors.ts';
import { readBootId } from './boot-id.ts';
import { makeDirectory } from './make-directory.ts';
import { readPidNamespace } from './pid-namespace.ts';
import { type ProcessIdentity, processStart } from './process-identity.ts';

/** A storage directory that no other process uses. */
export interface DirectoryLock {
  /**
   * Says that the holder still runs, to those that cannot see it. It happens by itself every 2 s; whoever keeps the event
   * loop for longer calls it meanwhile.
   */
  refresh(): void;
  /** Gives the directory back; calling it again does nothing. */
  release(): void;
}

export interface DirectoryLockDependencies {
  readonly clock: Clock;
  /** The namespace that numbers the processes which this one sees. @default the one of this process */
  readonly pidNamespace?: string;
}

/** Rounds of taking over a lock whose holder is gone, when others do the same. */
const attempts = 50;
/** Milliseconds between two refreshes of a lock that is held. */
const refreshMs = 2000;
/** For so long after the last refresh, a lock whose holder cannot be seen is held. */
const expiryMs = 10_000;

/**
 * Takes a storage directory for this process, and makes it when it is missing. The lock is a file that names its
 * holder. One whose holder ended without giving it back (`kill -9`, a power failure) is taken over: the process is gone,
 * or its number belongs to a later one.
 *
 * A holder in another PID namespace (another container that shares the directory) cannot be seen. It touches the file
 * every 2 s, and holds the lock until it did not for 10 s; one that is frozen for longer loses it without noticing. The
 * lock holds among processes of one running system: hosts that share a directory over a network must not.
 *
 * @throws StorageError `storage_locked` when a process that runs holds it; `storage_directory` when the directory cannot
 * be made or written
 */
export function lockDirectory(directory: string, dependencies: DirectoryLockDependencies): DirectoryLock {
  const { clock } = dependencies;
  const path = join(directory, 'lock');
  const token = randomBytes(8).toString('hex');
  const own = JSON.stringify({ ...identityOf(dependencies), token });
  const draft = `${path}.${token}`;
  try {
    makeDirectory(directory);
    writeFileSync(draft, own, { flush: true });
    try {
      touch(draft, clock);
      acquire(directory, draft, dependencies);
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
  let refreshedAt = clock.now();
  const refresh = () => {
    if (!isHeld || clock.now() - refreshedAt < refreshMs / 2) return;
    refreshedAt = clock.now();
    // Whoever took it over meanwhile keeps it.
    if (isContent(path, own)) touch(path, clock);
  };
  const timer = clock.setInterval(refresh, refreshMs);
  return {
    refresh,
    release() {
      if (!isHeld) return;
      isHeld = false;
      clock.clearInterval(timer);
      if (isContent(path, own)) rmSync(path, { force: true });
    },
  };
}

/**
 * Which process holds a storage directory just now, by its number in its own PID namespace; `undefined`: none.
 *
 * @throws the system's error when the lock is there and cannot be read
 */
export function lockHolder(directory: string, dependencies: DirectoryLockDependencies): number | undefined {
  const found = readLock(join(directory, 'lock'));
  return found === undefined ? undefined : holderOf(found, dependencies)?.pid;
}

/** A lock file as it was found. */
interface FoundLock {
  readonly text: string;
  /** Wall-clock milliseconds since the Unix epoch. */
  readonly refreshedAt: number;
}

interface Holder {
  readonly pid: number;
  /** Its number means nothing to this process. */
  readonly isElsewhere: boolean;
}

function acquire(directory: string, draft: string, dependencies: DirectoryLockDependencies): void {
  const path = join(directory, 'lock');
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (linked(draft, path)) return;
    const found = readLock(path);
    if (found === undefined) continue;
    const holder = holderOf(found, dependencies);
    if (holder !== undefined) throw locked(directory, holder);
    const aside = `${draft}.aside`;
    if (!moved(path, aside)) continue;
    // Another process may have taken it over just before, or its holder may have shown up: then it goes back.
    const taken = readLock(aside);
    if (taken?.text !== found.text || holderOf(taken, dependencies) !== undefined) linked(aside, path);
    rmSync(aside, { force: true });
  }
  throw new StorageError('storage_locked', `The lock of ${directory} is fought over by other processes.`);
}

function identityOf({ pidNamespace }: DirectoryLockDependencies): ProcessIdentity {
  const { pid } = process;
  return {
    pid,
    startedAt: processStart(pid) ?? '',
    bootId: readBootId() ?? '',
    pidNamespace: pidNamespace ?? readPidNamespace(),
  };
}

/** `undefined`: nobody holds it any more. */
function holderOf(
  { text, refreshedAt }: FoundLock,
  { clock, pidNamespace = readPidNamespace() }: DirectoryLockDependencies,
): Holder | undefined {
  const holder = parseHolder(text);
  if (holder === undefined) return undefined;
  const bootId = readBootId() ?? '';
  if (differs(bootId, holder.bootId)) return undefined;
  const isElsewhere = differs(pidNamespace, holder.pidNamespace);
  // In either direction: a wall clock that was set back must not make a lock of the past last.
  const isFresh = Math.abs(clock.wallNow() - refreshedAt) < expiryMs;
  return (isElsewhere ? isFresh : isRunning(holder)) ? { pid: holder.pid, isElsewhere } : undefined;
}

function isRunning(holder: ProcessIdentity): boolean {
  const startedAt = processStart(holder.pid);
  return startedAt !== undefined && !differs(startedAt, holder.startedAt);
}

/** Whether both are known and not the same. */
function differs(one: string, other: string): boolean {
  return one !== '' && other !== '' && one !== other;
}

/** `undefined`: a power failure left less than a holder. */
function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt, bootId, pidNamespace } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (!Number.isSafeInteger(pid) || (pid ?? 0) <= 0) return undefined;
    return {
      pid: pid ?? 0,
      startedAt: String(startedAt ?? ''),
      bootId: String(bootId ?? ''),
      pidNamespace: String(pidNamespace ?? ''),
    };
  } catch {
    return undefined;
  }
}

function touch(path: string, clock: Clock): void {
  const seconds = clock.wallNow() / 1000;
  try {
    utimesSync(path, seconds, seconds);
  } catch {
    // The next refresh tries again; processes that see the holder need none.
  }
}

function isContent(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
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

function readLock(path: string): FoundLock | undefined {
  try {
    return { text: readFileSync(path, 'utf8'), refreshedAt: statSync(path).mtimeMs };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function locked(directory: string, { pid, isElsewhere }: Holder): StorageError {
  const advice = 'set `storage.directory` to a directory of its own';
  const message = isElsewhere
    ? `The storage directory ${directory} is used by a process in another container or PID namespace, where its number ` +
      `is ${pid}. Two must not write one store: stop that process, or ${advice}. The lock runs out ` +
      `${expiryMs / 1000} s after the process ended without giving it back.`
    : `The storage directory ${directory} is used by the process ${pid}. Two must not write one store: stop that ` +
      `process, or ${advice}.`;
  return new StorageError('storage_locked', message, { details: { pid } });
}
