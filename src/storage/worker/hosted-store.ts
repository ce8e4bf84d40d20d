import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { StorageThreadOptions, StoreOptions, StoreReport } from '../channel/messages.ts';
import { Checkpointer } from '../database/checkpoint.ts';
import { pinSnapshot } from '../database/pin-snapshot.ts';
import type { ExpiryClock } from './expiry-clock.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { StoreExecutor } from './store-executor.ts';
import type { WriteFailure } from './write-failure.ts';

/** For so long after writes work again, it is not said when they fail once more. */
const quietMs = 10_000;

export interface HostedStoreDependencies {
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly log: Log;
  /** Sends a frame of replies. */
  readonly send: (frame: ArrayBuffer) => void;
}

/** A store of a storage thread with all that runs on it: commands, and on the writer the sweep and the checkpoints. */
export class HostedStore {
  readonly store: Store;
  readonly executor: StoreExecutor;
  readonly #dependencies: HostedStoreDependencies;
  readonly #log: Log;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #sweep: ExpirySweep;
  readonly #timer: TimerHandle;
  #isClosed = false;
  #quietUntil = Number.NEGATIVE_INFINITY;

  /** @throws StorageError when the store cannot be opened */
  constructor(options: StoreOptions, thread: StorageThreadOptions, dependencies: HostedStoreDependencies) {
    const { clock, expiryClock, send } = dependencies;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ store: options.name });
    this.store = openStore(options, thread, this.#log);
    const isWriter = thread.role === 'writer';
    if (isWriter) this.#checkpointer = this.#newCheckpointer(options, thread.checkpointIntervalMs);
    this.executor = new StoreExecutor(this.store, {
      clock: expiryClock,
      send,
      durability: this.#checkpointer,
      onFailure: failure => this.#logFailure(failure),
    });
    const commit = (body: () => void) => this.executor.commit(body);
    this.#sweep = new ExpirySweep(this.store, {}, { clock, expiryClock, commit });
    this.#timer = clock.setInterval(() => {
      this.store.releaseMemory();
      if (isWriter) this.#sweepAll();
    }, thread.sweepIntervalMs);
  }

  get expiredKeys(): number {
    return this.#sweep.expiredKeys;
  }

  get checkpoints(): number {
    return this.#checkpointer?.checkpoints ?? 0;
  }

  report(): StoreReport {
    const { failure } = this.executor;
    const report = this.store.report();
    return failure === undefined ? report : { ...report, failing: failure.code };
  }

  /** Makes the last checkpoint, which answers what waits for it, and closes the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dependencies.clock.clearInterval(this.#timer);
    await this.#checkpointer?.close();
    await this.store.close();
  }

  readonly #sweepAll = (): void => {
    if (this.#isClosed) return;
    // One batch, then whatever waits to be run.
    if (this.#sweep.run()) setImmediate(this.#sweepAll);
  };

  #newCheckpointer(options: StoreOptions, intervalMs: number): Checkpointer {
    return new Checkpointer(
      { directory: options.directory, intervalMs },
      {
        pin: () => pinSnapshot(this.store.environment.root),
        clock: this.#dependencies.clock,
        onError: error => this.#log.error('no checkpoint could be made', { error: error.message }),
      },
    );
  }

  #logFailure(failure: WriteFailure | undefined): void {
    // On a disk that is nearly full, small writes succeed and large ones fail by turns.
    const now = this.#dependencies.clock.now();
    if (now < this.#quietUntil) return;
    if (failure === undefined) this.#quietUntil = now + quietMs;
    if (failure === undefined) this.#log.info('writes are committed again');
    else
      this.#log.error('a commit failed, its writes were refused', {
        code: failure.code,
        reason: failure.line,
      });
  }
}
