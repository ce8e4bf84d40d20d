import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { feedErrors } from '../errors.ts';
import type { FeedEvent, NewEvent } from '../events/feed-event.ts';
import { blockKey, decodeBlock } from './block-index.ts';
import { CommitQueue } from './commit-queue.ts';
import { EventIndex, type IndexChange } from './event-index.ts';
import type { EventLogOptions, EventLogStats } from './event-log-options.ts';
import type { EventSource, ReadLimits } from './event-source.ts';
import type { EventStore } from './event-store.ts';
import { HistoryReader } from './history-reader.ts';
import { HistoryTrimmer } from './history-trimmer.ts';
import { LogWaiters } from './log-waiters.ts';
import { eventLogMetrics } from './metrics.ts';
import { type HistoryReset, type OpenedHistory, openHistory } from './open-history.ts';
import type { PendingBatch } from './pending-batch.ts';
import { RecentEvents } from './recent-events.ts';

export interface EventLogDependencies {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Share of the backlog that those may fill who wait for room. */
const roomShare = 0.75;
const openDelayMs = 100;
const maxOpenDelayMs = 2_000;
interface Opened {
  readonly history: OpenedHistory;
  readonly queue: CommitQueue;
  readonly reader: HistoryReader;
  readonly trimmer: HistoryTrimmer;
  readonly index: EventIndex;
}

/** All events of all chains as one durable sequence: events get their offsets at once, and are told once they are committed. */
export class EventLog implements EventSource {
  readonly #options: EventLogOptions;
  readonly #store: EventStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #random: () => number;
  readonly #recent: RecentEvents;
  readonly #waiters = new LogWaiters();
  readonly #listeners = new Set<(events: readonly FeedEvent[]) => void>();
  readonly #metrics: MetricRegistry;
  readonly #cells: {
    readonly events: CounterCell;
    readonly batches: CounterCell;
    readonly commitTime: HistogramCell;
  };
  #notes = new Map<string, Buffer>();
  #opened: Opened | undefined;
  #opening: Promise<void> | undefined;
  #head = 0;
  #lastTime = 0;
  #isClosed = false;

  constructor(options: EventLogOptions, { store, clock, log, metrics, random }: EventLogDependencies) {
    this.#options = options;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#random = random ?? Math.random;
    this.#recent = new RecentEvents(options.memoryBytes);
    this.#metrics = metrics;
    this.#cells = {
      events: metrics.counter(eventLogMetrics.events),
      batches: metrics.counter(eventLogMetrics.batches),
      commitTime: metrics.histogram(eventLogMetrics.commitTime),
    };
    metrics.gauge(eventLogMetrics.backlog, undefined, () => this.#opened?.queue.backlogBytes ?? 0);
    metrics.gauge(eventLogMetrics.bytes, undefined, () => (this.isOpen ? this.bytes : 0));
    metrics.gauge(eventLogMetrics.kept, undefined, () => (this.isOpen ? this.head + 1 - this.earliest : 0));
    metrics.gauge(eventLogMetrics.memory, undefined, () => this.#recent.bytes);
  }

  /** Whether events are taken. */
  get isOpen(): boolean {
    return this.#opened !== undefined && !this.#isClosed;
  }

  /** Set when `open` began a new history instead of going on with the one before. */
  get reset(): HistoryReset | undefined {
    return this.#open().history.reset;
  }

  /** @throws TrunklineError `feed_unavailable` before `open`, as all others */
  get epoch(): string {
    return this.#open().history.state.epoch;
  }

  get earliest(): number {
    return this.#open().queue.committed.earliest;
  }

  get head(): number {
    return this.#head;
  }

  get bytes(): number {
    return this.#open().queue.committed.bytes;
  }

  /** The offset that the next event gets; the head may lag behind it. */
  get nextOffset(): number {
    return this.#open().queue.nextOffset;
  }

  /** Records beside the events, as they are committed. */
  get index(): EventIndex {
    return this.#open().index;
  }

  /** Whether more events may come; those that can wait do until `whenRoom`. */
  get hasRoom(): boolean {
    return this.#backlog <= this.#options.maxBacklogBytes * roomShare;
  }

  /** Whether so much waits that events of low priority are to be left out. */
  get isPressed(): boolean {
    return this.#backlog > this.#options.maxBacklogBytes * this.#options.shedAt;
  }

  /** Finds the history in the store, or begins one; repeated until the store answers. Once it is open, it stays so. */
  open(): Promise<void> {
    this.#opening ??= this.#openStore();
    return this.#opening;
  }

  /**
   * Gives the events their offsets and returns the first one. They are committed all or none, together with `index`.
   * @throws TrunklineError `event_log_full` when more waits than may; `feed_unavailable` when the log is not open
   */
  append(events: readonly NewEvent[], index: readonly IndexChange[] = []): number {
    const { queue } = this.#open();
    if (!this.isOpen) throw unavailable();
    if (queue.backlogBytes > this.#options.maxBacklogBytes) {
      throw new TrunklineError(feedErrors, 'event_log_full', feedErrors.event_log_full.sentence);
    }
    // Time never goes back in the log, whatever the wall clock does.
    this.#lastTime = Math.max(this.#lastTime, Math.floor(this.#clock.wallNow()));
    return queue.add(events, this.#lastTime, index);
  }

  /** Resolves once `hasRoom`. */
  whenRoom(): Promise<void> {
    return this.#waiters.until(() => this.hasRoom);
  }

  /** Resolves once nothing has to be left out any more. */
  whenCalm(): Promise<void> {
    return this.#waiters.until(() => !this.isPressed);
  }

  /** Resolves once the event is committed and told to the listeners. */
  whenCommitted(offset: number): Promise<void> {
    return this.#waiters.until(() => this.#head >= offset);
  }

  onCommitted(listener: (events: readonly FeedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  recent(offset: number, limits: ReadLimits): readonly FeedEvent[] | undefined {
    return offset > this.#head ? [] : this.#recent.from(offset, limits);
  }

  async read(offset: number, limits: ReadLimits): Promise<readonly FeedEvent[]> {
    const { reader } = this.#open();
    return this.recent(offset, limits) ?? reader.read(offset, limits);
  }

  async offsetOfBlock(chain: string, number: number): Promise<number | undefined> {
    const key = blockKey(chain, number);
    const value = await this.#open().index.get(key);
    const offset = value === undefined ? undefined : decodeBlock(key, value)?.offset;
    return offset === undefined || offset < this.earliest || offset > this.#head ? undefined : offset;
  }

  async offsetAtTime(time: number): Promise<number> {
    const { reader } = this.#open();
    const found = this.#recent.atTime(time);
    if (found !== undefined) return found.offset;
    const head = this.#head;
    return (await reader.offsetAtTime(time, this.earliest, head)) ?? head + 1;
  }

  /** A small record that outlives a restart. */
  state(key: string): Buffer | undefined {
    return this.#notes.get(key);
  }

  /** Keeps a small record; it is committed with the next batch. */
  saveState(key: string, value: Buffer): void {
    this.#open().queue.note(key, value);
    this.#notes.set(key, value);
  }

  /** Removes what is too old or too much; resolves when nothing is any more, or the store does not answer. */
  trim(): Promise<void> {
    return this.#open().trimmer.trim();
  }

  stats(): EventLogStats {
    const { epoch, earliest, head, bytes, isPressed } = this;
    const { bytes: memoryBytes, count: memoryEvents } = this.#recent;
    return {
      epoch,
      earliest,
      head,
      bytes,
      backlogBytes: this.#backlog,
      memoryBytes,
      memoryEvents,
      isPressed,
    };
  }

  /** Waits for the commit of what was appended so far, at most as long as `close` does. */
  async flush(): Promise<void> {
    const queue = this.#opened?.queue;
    if (queue === undefined || queue.isEmpty) return;
    let timer: TimerHandle | undefined;
    const timeout = new Promise<void>(resolve => {
      timer = this.#clock.setTimeout(resolve, this.#options.closeWaitMs ?? 5_000);
    });
    queue.flush();
    await Promise.race([this.#waiters.until(() => queue.isEmpty), timeout]);
    this.#clock.clearTimeout(timer);
  }

  /** As `flush`, then takes and tells nothing any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    if (this.#opened === undefined) return;
    const { queue, trimmer } = this.#opened;
    trimmer.close();
    if (!queue.isEmpty) {
      this.#log.error('the event log is closed with events that are not committed; nobody was told of them', {
        backlogBytes: queue.backlogBytes,
      });
    }
    queue.close();
  }

  get #backlog(): number {
    return this.#opened?.queue.backlogBytes ?? 0;
  }

  #open(): Opened {
    if (this.#opened === undefined) throw unavailable();
    return this.#opened;
  }

  async #openStore(): Promise<void> {
    for (let delayMs = openDelayMs; !this.#isClosed; delayMs = Math.min(maxOpenDelayMs, delayMs * 2)) {
      try {
        this.#use(await openHistory(this.#store, this.#random));
        return;
      } catch (error) {
        this.#log.warn('the event log cannot be opened yet', {
          reason: error instanceof Error ? error.message : String(error),
        });
        await new Promise<void>(resolve => this.#clock.setTimeout(resolve, delayMs));
      }
    }
  }

  #use(history: OpenedHistory): void {
    const { stored, state, keys, notes, last, reset } = history;
    const store = this.#store;
    const queue = new CommitQueue(stored, state, {
      store,
      keys,
      clock: this.#clock,
      log: this.#log,
      random: this.#random,
      onCommitted: (batch, tookMs) => this.#commit(batch, tookMs),
      onFailure: code => this.#onFailure(code),
      onOverwritten: () => {
        this.#log.error('the records of the event log were changed by somebody else; the history is lost');
        return this.#notes;
      },
    });
    const trimmer = new HistoryTrimmer(this.#options, {
      store,
      keys,
      queue,
      waiters: this.#waiters,
      clock: this.#clock,
      log: this.#log,
      metrics: this.#metrics,
    });
    const reader = new HistoryReader({
      store,
      keys,
      bounds: () => ({ earliest: queue.committed.earliest, head: this.#head }),
      onDamage: offset => trimmer.dropDamaged(offset),
    });
    this.#notes = notes;
    this.#head = state.head;
    this.#lastTime = last?.lastTime ?? 0;
    if (last !== undefined) this.#recent.add([...last.events(last.firstOffset)]);
    this.#opened = { history, queue, reader, trimmer, index: new EventIndex(store, keys) };
    if (reset !== undefined) {
      this.#metrics.counter(eventLogMetrics.resets, { reason: reset.reason }).inc();
      const tell = reset.reason === 'new' ? this.#log.debug : this.#log.error;
      tell('the event log begins a new history', { epoch: state.epoch, ...reset });
    }
    void trimmer.purge();
  }

  #commit(batch: PendingBatch, tookMs: number): void {
    const { events } = batch;
    this.#cells.batches.inc();
    this.#cells.commitTime.observe(tookMs / 1000);
    if (events.length > 0) {
      this.#cells.events.inc(events.length);
      this.#recent.add(events);
      this.#head = events.at(-1)!.offset;
      for (const listener of this.#listeners) {
        try {
          listener(events);
        } catch (error) {
          // The others, and the commits behind this one, must not miss anything.
          this.#log.error('a listener of the event log failed', { error });
        }
      }
    }
    this.#waiters.check();
    this.#open().trimmer.check();
  }

  #onFailure(code: string): void {
    this.#metrics.counter(eventLogMetrics.failures, { code }).inc();
    if (code === 'store_full') void this.#open().trimmer.makeRoom();
  }
}

const unavailable = (): TrunklineError =>
  new TrunklineError(feedErrors, 'feed_unavailable', feedErrors.feed_unavailable.sentence);
