import type { StorageThreadHandle, ThreadEnd } from './storage-thread-handle.ts';

/** What the writer process tells about itself, read by the health check and the statistics. */
export interface WriterStatus {
  /** `waiting`: for its next start, after one that failed or did not last. */
  readonly state: 'starting' | 'running' | 'waiting' | 'down';
  /** Why the last thread ended or did not start. */
  readonly lastFailure: string | undefined;
  /** Threads that were started in place of another one. */
  readonly restarts: number;
}

/** What outlives the writer process, so that its successor knows what it left. */
export class WriterState {
  #state: WriterStatus['state'] = 'down';
  #lastFailure: string | undefined;
  #starts = 0;
  thread: StorageThreadHandle | undefined;
  /** Whether a thread answered commands since Trunkline was started. */
  hasRun = false;
  /** Whether the data files have to be replaced before they can be opened again. */
  areFilesStuck = false;
  /** Settles once the last thread is gone: there are never two writers. */
  #cleared: Promise<unknown> = Promise.resolve();

  get status(): WriterStatus {
    return {
      state: this.#state,
      lastFailure: this.#lastFailure,
      restarts: Math.max(0, this.#starts - 1),
    };
  }

  get cleared(): Promise<unknown> {
    return this.#cleared;
  }

  enter(state: WriterStatus['state']): void {
    this.#state = state;
  }

  failed(reason: string): void {
    this.#lastFailure = reason;
  }

  /** A new thread takes the place of the last one. */
  occupy(thread: StorageThreadHandle): void {
    this.thread = thread;
    this.#starts++;
    this.#cleared = thread.ended.then((end: ThreadEnd) => {
      if (end.isStuck) this.areFilesStuck = true;
      if (this.thread === thread) this.thread = undefined;
    });
  }
}
