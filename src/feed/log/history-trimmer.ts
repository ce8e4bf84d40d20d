import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { EventLogOptions } from './event-log-options.ts';
import type { EventStore } from './event-store.ts';
import type { LogKeys } from './log-keys.ts';
import type { LogWaiters } from './log-waiters.ts';
import { eventLogMetrics } from './metrics.ts';
import type { Trim } from './pending-batch.ts';
import { Retention } from './retention.ts';

type TrimReason = 'age' | 'size' | 'full' | 'damage';

/** Records that are removed at once. */
const purgePage = 256;
/** Share of the history that stays when the store has no room for more. */
const fullShare = 0.9;
/** Share of `retentionBytes` that is left by a trim between two regular ones, so that not every batch needs one. */
const slackShare = 0.97;

export interface HistoryTrimmerDependencies {
  readonly store: EventStore;
  readonly keys: LogKeys;
  readonly queue: CommitQueue;
  /** Asked whenever something was committed. */
  readonly waiters: LogWaiters;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** Removes the oldest part of the history: one trim after the other, each in small steps. */
export class HistoryTrimmer {
  readonly #options: EventLogOptions;
  readonly #dependencies: HistoryTrimmerDependencies;
  readonly #retention: Retention;
  #running: Promise<void> = Promise.resolve();
  #isDue = false;
  #isClosed = false;

  constructor(options: EventLogOptions, dependencies: HistoryTrimmerDependencies) {
    const { store, keys, queue } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#retention = new Retention({ store, keys, state: () => queue.committed });
  }

  /** Removes what is older or more than the options allow. */
  trim(): Promise<void> {
    return this.#next(() => this.#trimTo(this.#options.retentionBytes));
  }

  /** Begins a trim when the history is too large; it is cheap to ask. */
  check(): void {
    const { retentionBytes } = this.#options;
    if (this.#isDue || this.#dependencies.queue.committed.bytes <= retentionBytes) return;
    this.#isDue = true;
    void this.#next(() => this.#trimTo(retentionBytes * slackShare)).finally(() => {
      this.#isDue = false;
    });
  }

  /** The store is full, so that not even a trim can be committed as one: removes old chunks by themselves. */
  makeRoom(): Promise<void> {
    return this.#next(async () => {
      const { queue, log } = this.#dependencies;
      const trim = await this.#retention.next(0, queue.committed.bytes * fullShare);
      if (trim === undefined) return;
      log.error('the store has no room for more events; the oldest ones go before their time', {
        earliest: trim.earliest,
      });
      await this.#drop(trim.earliest, trim.bytes, 'full');
    });
  }

  /** The chunk that should hold this event is damaged or gone: removes it, and all that is older. */
  dropDamaged(offset: number): Promise<void> {
    return this.#next(() => this.#dropDamaged(offset));
  }

  /** Removes what is left of other epochs, and of trims that were not completed. */
  purge(): Promise<void> {
    return this.#next(async () => {
      const { keys, queue } = this.#dependencies;
      for (const [from, to] of keys.others) await this.#remove(from, to);
      await this.#remove(keys.chunks[0], keys.chunk(queue.committed.earliest));
    });
  }

  /** No further step is begun. */
  close(): void {
    this.#isClosed = true;
  }

  #next(trim: () => Promise<void>): Promise<void> {
    this.#running = this.#running.then(async () => {
      try {
        if (!this.#isClosed) await trim();
      } catch (error) {
        const { code } = error as { readonly code?: string };
        this.#dependencies.log.warn('the event log could not be trimmed; this is tried again', { code });
      }
    });
    return this.#running;
  }

  async #trimTo(maxBytes: number): Promise<void> {
    const { queue, clock } = this.#dependencies;
    const before = clock.wallNow() - this.#options.retentionMs;
    try {
      while (!this.#isClosed) {
        const reason = queue.committed.bytes > maxBytes ? 'size' : 'age';
        const trim = await this.#retention.next(before, maxBytes);
        if (trim === undefined) return;
        await this.#apply(trim, reason);
      }
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'corrupt_record') throw error;
      await this.#dropDamaged(queue.committed.earliest);
    }
  }

  async #dropDamaged(offset: number): Promise<void> {
    const { queue, log } = this.#dependencies;
    if (offset < queue.committed.earliest) return;
    const { earliest, bytes } = await this.#retention.behind(offset);
    if (earliest <= queue.committed.earliest) return;
    log.error('a part of the event log is damaged or missing; it goes, with all that is older', {
      offset,
      earliest,
    });
    await this.#drop(earliest, bytes, 'damage');
  }

  /** Resolves when it is committed. */
  async #apply(trim: Trim, reason: TrimReason): Promise<void> {
    const { queue, waiters } = this.#dependencies;
    const removed = trim.earliest - queue.committed.earliest;
    queue.trim(trim);
    await waiters.until(() => queue.committed.earliest >= trim.earliest);
    this.#count(removed, reason);
  }

  /** Removes chunks by themselves: whoever opens the log finds that the history begins later than the state says. */
  async #drop(earliest: number, bytes: number, reason: TrimReason): Promise<void> {
    const { queue, keys } = this.#dependencies;
    const before = queue.committed.earliest;
    queue.advance(earliest, bytes);
    this.#count(earliest - before, reason);
    await this.#remove(keys.chunk(before), keys.chunk(earliest));
  }

  /** Page after page, so that others get their turn. */
  async #remove(from: Buffer, to: Buffer): Promise<void> {
    let removed = purgePage;
    while (removed === purgePage && !this.#isClosed) {
      removed = await this.#dependencies.store.removeRange(from, to, purgePage);
    }
  }

  #count(events: number, reason: TrimReason): void {
    this.#dependencies.metrics.counter(eventLogMetrics.trimmed, { reason }).inc(events);
  }
}
