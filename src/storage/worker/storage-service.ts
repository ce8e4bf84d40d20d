import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { readRequestFrame } from '../channel/frames.ts';
import type {
  FromStorageThread,
  StorageThreadOptions,
  StorageThreadReport,
  ToStorageThread,
} from '../channel/messages.ts';
import { ExpiryClock } from './expiry-clock.ts';
import { HostedStore } from './hosted-store.ts';
import type { PendingEntry } from './store-executor.ts';
import { threadLog } from './thread-log.ts';

/** What one group commit takes at most of what waits. */
const groupFrames = 64;
const groupBytes = 8 * 1024 * 1024;

const nanosecondsPerMs = 1e6;
const delayResolutionMs = 10;

/**
 * A storage thread's work: runs the frames that come over the port on its stores, those that wait together in one
 * transaction a store, and answers over the port. Timers and the device's answers get their turn between two groups.
 */
export class StorageService {
  readonly #port: MessagePort;
  readonly #log: Log;
  readonly #stores: readonly HostedStore[];
  readonly #delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  readonly #waiting: ToStorageThread[] = [];
  #isScheduled = false;
  #isClosed = false;

  /** @throws StorageError when a store cannot be opened */
  constructor(options: StorageThreadOptions, port: MessagePort, clock: Clock) {
    this.#port = port;
    this.#log = threadLog(message => this.#post(message));
    const dependencies = {
      clock,
      expiryClock: new ExpiryClock(clock, options.wallOffsetMs),
      log: this.#log,
      send: (frame: ArrayBuffer) => port.postMessage(frame, [frame]),
    };
    this.#stores = options.stores.map(store => new HostedStore(store, options, dependencies));
    this.#delay.enable();
  }

  /** Takes messages from now on. */
  start(): void {
    this.#port.on('message', (message: ToStorageThread) => {
      this.#waiting.push(message);
      this.#schedule();
    });
    this.#port.on('close', () => void this.#close());
    this.#post({ type: 'ready' });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  /** One group of frames, or one other message. */
  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    const frames: ArrayBuffer[] = [];
    let bytes = 0;
    while (frames.length < groupFrames && bytes < groupBytes) {
      const message = this.#waiting[frames.length];
      if (!(message instanceof ArrayBuffer)) break;
      frames.push(message);
      bytes += message.byteLength;
    }
    if (frames.length > 0) {
      this.#waiting.splice(0, frames.length);
      this.#execute(frames);
    } else {
      const message = this.#waiting.shift();
      if (message !== undefined) this.#control(message as Exclude<ToStorageThread, ArrayBuffer>);
    }
    if (this.#waiting.length > 0) this.#schedule();
  };

  #execute(frames: readonly ArrayBuffer[]): void {
    const groups: PendingEntry[][] = this.#stores.map(() => []);
    for (const frame of frames) {
      const source = Buffer.from(frame);
      for (const entry of readRequestFrame(source)) groups[entry.store]!.push({ entry, source });
    }
    for (const [index, group] of groups.entries()) {
      if (group.length > 0) this.#stores[index]!.executor.execute(group);
    }
  }

  #control(message: Exclude<ToStorageThread, ArrayBuffer>): void {
    if (message.type === 'ping') {
      this.#post({ type: 'pong', sequence: message.sequence, report: this.#report() });
    } else void this.#close();
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#delay.disable();
    for (const store of this.#stores) await store.close();
    this.#post({ type: 'closed' });
    this.#port.close();
  }

  #report(): StorageThreadReport {
    const total = (value: (store: HostedStore) => number): number =>
      this.#stores.reduce((sum, store) => sum + value(store), 0);
    // The histogram holds whole intervals of its own timer.
    const loopDelayP99Ms = Math.max(0, this.#delay.percentile(99) / nanosecondsPerMs - delayResolutionMs);
    this.#delay.reset();
    return {
      commands: total(({ executor }) => executor.commands),
      commits: total(({ executor }) => executor.commits),
      commitFailures: total(({ executor }) => executor.commitFailures),
      checkpoints: total(store => store.checkpoints),
      expiredKeys: total(store => store.expiredKeys),
      corruptRecords: total(({ store }) => store.corruptRecords),
      loopDelayP99Ms,
      stores: this.#stores.map(store => store.report()),
    };
  }

  #post(message: FromStorageThread): void {
    this.#port.postMessage(message);
  }
}
