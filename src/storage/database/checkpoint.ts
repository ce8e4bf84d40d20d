import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, write, writeSync } from 'node:fs';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { StorageError } from '../errors.ts';
import { readBootId } from './boot-id.ts';
import {
  type CheckpointRecord,
  encodeCheckpoint,
  flushDirectory,
  readCheckpoint,
  recordBytes,
  recordPosition,
  writeCheckpointFile,
} from './checkpoint-file.ts';
import { newestMetaPage, readMetaPages } from './meta-page.ts';
import type { PinnedSnapshot } from './pin-snapshot.ts';
import { storeFiles } from './store-files.ts';

export interface CheckpointerOptions {
  /** The store's own directory. */
  readonly directory: string;
  /** Milliseconds between two checkpoints where no acknowledgement waits for one; less while the file grows. */
  readonly intervalMs: number;
}

export interface CheckpointerDependencies {
  /** Pins the state of the last commit until it is released; see `pinSnapshot`. */
  readonly pin: () => PinnedSnapshot;
  readonly clock: Clock;
  /** Told of each checkpoint that failed. */
  readonly onError: (error: StorageError) => void;
  /** This run of the operating system. @default that of the kernel */
  readonly bootId?: string | undefined;
}

/** Bytes that the file may grow by before a checkpoint is made early, so that pages are free to be written anew. */
const growthBytes = 16 * 1024 * 1024;
/** Bytes of growth from which on commits wait for the device: they come faster than it takes them, for long. */
const mostGrowthBytes = 256 * 1024 * 1024;
/** How often the growth is looked at, in commits. */
const growthCommits = 4;

/** What of a checkpoint failed: taking the state, flushing its pages, noting it. */
type FailedStep = 'pin' | 'data' | 'record';

interface Waiting {
  readonly commit: number;
  readonly done: (error?: StorageError) => void;
}

/**
 * Lets commits go unflushed, and yet bounds what a power failure can take: from time to time it flushes the file and
 * notes in the checkpoint file which state that was, while a read transaction keeps the pages of that state from being
 * written anew, until the next one is noted. `recover` goes back to it. Construct it right behind opening the database:
 * at most two transactions may lie between, and it must be constructed on the thread that commits.
 *
 * @throws StorageError `write_failed` from the constructor when the first checkpoint fails
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #dependencies: CheckpointerDependencies;
  readonly #bootId: string;
  readonly #data: number;
  readonly #slots: number;
  #sequence: number;
  #pinned: PinnedSnapshot | undefined;
  #commit = 0;
  #durable = 0;
  #checkpoints = 0;
  /** Of the file when the last checkpoint began. */
  #fileBytes = 0;
  /** Of the file when commits were last known to be flushed in the main. */
  #heldBytes = 0;
  #waiting: Waiting[] = [];
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #broken: StorageError | undefined;
  #isClosed = false;

  constructor(options: CheckpointerOptions, dependencies: CheckpointerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#bootId = ('bootId' in dependencies ? dependencies.bootId : readBootId()) ?? '';
    const files = storeFiles(options.directory);
    try {
      const last = readCheckpoint(files.checkpoint);
      this.#sequence = (last?.sequence ?? 0) + 1;
      this.#data = openSync(files.data, 'r+');
      this.#pinned = dependencies.pin();
      const record = this.#record('running');
      this.#fileBytes = fstatSync(this.#data).size;
      this.#heldBytes = this.#fileBytes;
      fdatasyncSync(this.#data);
      if (last === undefined) writeCheckpointFile(files.checkpoint, record);
      this.#slots = openSync(files.checkpoint, 'r+');
      writeSync(this.#slots, encodeCheckpoint(record), 0, recordBytes, recordPosition(record.sequence));
      fdatasyncSync(this.#slots);
      flushDirectory(options.directory);
      this.#sequence += 1;
    } catch (error) {
      throw writeFailed(options.directory, error);
    }
  }

  /** How many checkpoints were made since the first. */
  get checkpoints(): number {
    return this.#checkpoints;
  }

  /** Called behind each commit. @returns the commit's number, for `whenDurable` */
  committed(): number {
    this.#commit += 1;
    if (this.#commit % growthCommits === 0 && !this.#isClosed) this.#bound();
    this.#arm();
    return this.#commit;
  }

  /**
   * Calls `done` once a power failure cannot take the commit any more, at once where that is so already; with an error
   * when the device refused to flush: then nobody knows what is on it. Commits that wait together share a checkpoint.
   */
  whenDurable(commit: number, done: (error?: StorageError) => void): void {
    if (commit <= this.#durable) done();
    else if (this.#broken !== undefined) done(this.#broken);
    else {
      this.#waiting.push({ commit, done });
      this.#start();
    }
  }

  /**
   * Makes a last checkpoint and marks the store as closed in order. Called before lmdb closes it; no commit may
   * follow. Never rejects: where the last checkpoint fails, the store is left as after a crash.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dependencies.clock.clearTimeout(this.#timer);
    while (this.#running !== undefined) await this.#running;
    if (this.#broken === undefined) await this.#checkpoint('clean');
    this.#pinned?.release();
    closeSync(this.#slots);
    closeSync(this.#data);
  }

  /** While a state is pinned, nothing that was freed since is used again: under many writes the file would grow. */
  #bound(): void {
    const bytes = fstatSync(this.#data).size;
    if (bytes - this.#fileBytes >= growthBytes) this.#start();
    if (this.#broken !== undefined || bytes - this.#heldBytes < mostGrowthBytes) return;
    this.#heldBytes = bytes;
    try {
      fdatasyncSync(this.#data);
    } catch (error) {
      this.#fail(writeFailed(this.#options.directory, error), 'data');
    }
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#running !== undefined || this.#isClosed) return;
    if (this.#broken !== undefined) return;
    this.#timer = this.#dependencies.clock.setTimeout(() => this.#start(), this.#options.intervalMs);
  }

  #start(): void {
    this.#dependencies.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running !== undefined || this.#isClosed) return;
    this.#running = this.#checkpoint('running').then(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#start();
      else if (this.#durable < this.#commit) this.#arm();
    });
  }

  async #checkpoint(state: 'running' | 'clean'): Promise<void> {
    const covered = this.#commit;
    let pinned: PinnedSnapshot | undefined;
    let step: FailedStep = 'pin';
    try {
      pinned = this.#dependencies.pin();
      const record = this.#record(state);
      this.#fileBytes = fstatSync(this.#data).size;
      step = 'data';
      await flush(this.#data);
      step = 'record';
      await writeAt(this.#slots, encodeCheckpoint(record), recordPosition(record.sequence));
      await flush(this.#slots);
    } catch (error) {
      pinned?.release();
      this.#fail(writeFailed(this.#options.directory, error), step);
      return;
    }
    // Only now may the pages of the checkpoint before be written anew.
    this.#pinned?.release();
    this.#pinned = pinned;
    this.#durable = covered;
    this.#heldBytes = Math.max(this.#heldBytes, this.#fileBytes);
    this.#checkpoints += 1;
    this.#sequence += 1;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ commit }) => commit > covered);
    for (const { commit, done } of waiting) if (commit <= covered) done();
  }

  /**
   * A record is written again into the same slot, and the other one stays whole. A failed flush of the data is
   * final: the kernel forgets which pages it could not write, so a later flush that succeeds would prove nothing.
   * https://wiki.postgresql.org/wiki/Fsync_Errors
   */
  #fail(error: StorageError, step: FailedStep): void {
    if (step === 'data') this.#broken = error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { done } of waiting) done(error);
    this.#dependencies.onError(error);
  }

  /** Read in the same turn as the pin: only this thread commits, so the newest meta page is the pinned state's. */
  #record(state: 'running' | 'clean'): CheckpointRecord {
    const meta = newestMetaPage(readMetaPages(this.#data));
    if (meta === undefined) throw new Error('a meta page of the database is damaged');
    return { sequence: this.#sequence, state, bootId: this.#bootId, meta: meta.bytes };
  }
}

function flush(fd: number): Promise<void> {
  return new Promise((resolve, reject) =>
    fdatasync(fd, error => (error === null ? resolve() : reject(error))),
  );
}

function writeAt(fd: number, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) =>
    write(fd, bytes, 0, bytes.length, position, error => (error === null ? resolve() : reject(error))),
  );
}

function writeFailed(directory: string, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(
    'write_failed',
    `No checkpoint of the store in ${directory} could be made: ${reason}`,
    {
      cause: error,
    },
  );
}
