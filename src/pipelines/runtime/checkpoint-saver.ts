import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { StateStore } from '../state/state-store.ts';

export interface CheckpointSaverDependencies {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

const saveEveryMs = 100;
/** Milliseconds between two log lines about saves that failed. */
const quietMs = 30_000;

/**
 * Keeps a slot number of one pipeline that only grows: at most every 100 ms, and when it is told to. The first one is kept
 * at once: without any, a pipeline that is killed begins with what comes.
 */
export class CheckpointSaver {
  readonly #dependencies: CheckpointSaverDependencies;
  readonly #key: string;
  readonly #read: () => number;
  #saved = -1;
  #timer: TimerHandle | undefined;
  #saving: Promise<void> | undefined;
  #quietUntil = Number.NEGATIVE_INFINITY;

  /**
   * @param key where it is kept
   * @param read the slot as it is; -1: none
   */
  constructor(key: 'checkpoint' | 'told', read: () => number, dependencies: CheckpointSaverDependencies) {
    this.#key = key;
    this.#read = read;
    this.#dependencies = dependencies;
  }

  /** What the store has; -1: nothing. */
  get saved(): number {
    return this.#saved;
  }

  /** The slot in the store; -1: none. */
  async load(): Promise<number> {
    const bytes = await this.#dependencies.state.get(this.#key);
    const slot = bytes === undefined ? -1 : Number(bytes.toString());
    this.#saved = Number.isSafeInteger(slot) ? slot : -1;
    return this.#saved;
  }

  /** Something may have been done, so that a save may be due. */
  touch(): void {
    this.#timer ??= this.#dependencies.clock.setTimeout(
      () => {
        this.#timer = undefined;
        void this.#save();
      },
      this.#saved < 0 ? 0 : saveEveryMs,
    );
  }

  /** Saves what is to be saved, now. */
  async flush(): Promise<void> {
    this.#dependencies.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#saving !== undefined) {
      this.touch();
      return;
    }
    const slot = this.#read();
    if (slot <= this.#saved) return;
    const { state, clock, log } = this.#dependencies;
    this.#saving = state.set(this.#key, String(slot)).then(
      () => {
        this.#saved = slot;
      },
      (error: unknown) => {
        this.touch();
        if (clock.now() < this.#quietUntil) return;
        this.#quietUntil = clock.now() + quietMs;
        log.warn('the checkpoint could not be stored; it is tried again', {
          error: (error as { readonly code?: string }).code,
        });
      },
    );
    await this.#saving;
    this.#saving = undefined;
  }
}
