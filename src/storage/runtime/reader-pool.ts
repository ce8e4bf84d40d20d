import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import type { StorageChannel } from '../channel/storage-channel.ts';
import type { StartBackoff } from './start-backoff.ts';
import type { StorageThreadHandle } from './storage-thread-handle.ts';

/** What the pool needs of the storage client. */
export interface ReaderClient {
  attachReader(channel: StorageChannel): void;
  detachReader(channel: StorageChannel, reason: string): void;
}

export interface ReaderPoolDependencies {
  /** Starts a reader thread of that name. */
  readonly spawn: (name: string) => StorageThreadHandle;
  readonly client: ReaderClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: StartBackoff;
  readonly crashes: CounterCell;
}

interface Reader {
  readonly thread: StorageThreadHandle;
  isAttached: boolean;
}

/** The reader threads: starts them, lends their channels to the client, ends those that nothing is in flight on. */
export class ReaderPool {
  readonly #deps: ReaderPoolDependencies;
  /** By slot: a new reader takes the first free one, so that there are few names. */
  readonly #readers = new Map<number, Reader>();
  readonly #closing = new Set<Promise<unknown>>();
  #notBefore = 0;
  #isClosed = false;

  constructor(deps: ReaderPoolDependencies) {
    this.#deps = deps;
  }

  /** Readers that run or start. */
  get size(): number {
    return this.#readers.size;
  }

  /** Commands that the readers have not answered yet. */
  get pending(): number {
    let pending = 0;
    for (const { thread } of this.#readers.values()) pending += thread.channel.pending;
    return pending;
  }

  /** Starts one more reader; returns false while readers that keep ending are left alone. */
  grow(): boolean {
    const { clock, spawn, client, backoff, crashes, log } = this.#deps;
    if (this.#isClosed || clock.now() < this.#notBefore) return false;
    let slot = 1;
    while (this.#readers.has(slot)) slot++;
    const thread = spawn(`reader-${slot}`);
    const reader: Reader = { thread, isAttached: false };
    this.#readers.set(slot, reader);
    thread.ready.then(
      () => {
        if (this.#isClosed || this.#readers.get(slot) !== reader) return;
        backoff.started(clock.now());
        reader.isAttached = true;
        client.attachReader(thread.channel);
        log.info('a storage reader is ready', { thread: thread.name, readers: this.#readers.size });
      },
      () => {},
    );
    void thread.silenced.then(() => this.#detach(reader, 'its thread ended'));
    void thread.ended.then(({ isOrderly, reason }) => {
      if (this.#readers.get(slot) === reader) this.#readers.delete(slot);
      if (isOrderly) return;
      crashes.inc();
      const delayMs = backoff.next(clock.now());
      this.#notBefore = clock.now() + delayMs;
      log.error('a storage reader ended', { thread: thread.name, reason, nextInMs: delayMs });
    });
    return true;
  }

  /** Ends the newest reader that has nothing in flight; returns false when there is none such. */
  shrink(): boolean {
    for (const [slot, reader] of [...this.#readers].reverse()) {
      if (!reader.isAttached || reader.thread.channel.pending > 0) continue;
      this.#readers.delete(slot);
      this.#detach(reader, 'fewer readers are needed');
      this.#close(reader);
      return true;
    }
    return false;
  }

  /** Ends all readers in order: what they have not answered goes to other threads. Settles once they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const reader of this.#readers.values()) {
      this.#detach(reader, 'the storage readers end');
      this.#close(reader);
    }
    this.#readers.clear();
    await Promise.all(this.#closing);
  }

  #detach(reader: Reader, reason: string): void {
    if (!reader.isAttached) return;
    reader.isAttached = false;
    this.#deps.client.detachReader(reader.thread.channel, reason);
  }

  #close({ thread }: Reader): void {
    const closed = thread.close(closeMs).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

const closeMs = 10_000;
