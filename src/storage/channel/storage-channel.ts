import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { StorageError } from '../errors.ts';
import { storageMetrics } from '../metrics.ts';
import type { ChannelCall, ChannelStatistics, CommandChannel } from './command-channel.ts';
import { type FrameEntry, writeRequestFrame } from './frames.ts';
import type { FromStorageThread, ToStorageThread } from './messages.ts';
import { ReplyIntake } from './reply-intake.ts';

/** What a channel needs of a `MessagePort`. */
export interface ChannelPort {
  postMessage(message: ToStorageThread, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: FromStorageThread) => void): unknown;
  off(event: 'message', listener: (message: FromStorageThread) => void): unknown;
}

/** A message that is no frame. */
export type ControlMessage = Exclude<FromStorageThread, ArrayBuffer>;

export interface StorageChannelOptions {
  /** The thread's name in metrics, such as `writer` or `reader-1`. */
  readonly thread: string;
  /** Commands that may be pending, at most. @default 10000 */
  readonly capacity: number;
  /** Pending commands from which on calls have to wait for replies; at most `capacity`. @default 80 % of the capacity */
  readonly window: number;
  /** Bytes of pending commands from which on calls have to wait; a larger call goes alone. @default 67108864 */
  readonly maxPendingBytes: number;
  readonly batch: BatchOptions;
}

/** When the commands of a frame go to the thread. */
export interface BatchOptions {
  /**
   * `tick`: once per turn of the event loop, after its input was read, so that all calls of the turn share a frame;
   * `microtask`: as soon as the running callback ends.
   * @default 'tick'
   */
  readonly flush: 'tick' | 'microtask';
  /** Commands at which a frame goes at once. @default 2000 */
  readonly maxCommands: number;
  /** Milliseconds to wait for more, above 0 instead of `flush`. @default 0 */
  readonly maxDelayMs: number;
}

export interface StorageChannelDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  readonly log: Log;
}

/** In the slot of an entry that nobody waits for any more. */
const abandoned: ChannelCall = { onReply: () => {}, onLost: () => {} };

/**
 * The main thread's end of the way to one storage thread: bounded, one frame per tick, the frames transferred. An
 * entry's id is its slot in a fixed table; slots are used again, so that nothing is allocated per entry.
 */
export class StorageChannel implements CommandChannel {
  readonly statistics: ChannelStatistics = {
    sent: 0,
    received: 0,
    timeouts: 0,
    sendFailures: 0,
    backpressureEvents: 0,
    lateReplies: 0,
    replyMs: 0,
    replies: 0,
  };
  onRoom: (() => void) | undefined;
  /** Hears the thread's messages that are no replies. */
  onControl: ((message: ControlMessage) => void) | undefined;

  readonly #port: ChannelPort;
  readonly #options: StorageChannelOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #cells: Record<'sent' | 'received' | 'frames' | 'late' | 'heldBack' | 'sendFailures', CounterCell>;
  readonly #replyTime: HistogramCell;
  readonly #calls: (ChannelCall | undefined)[];
  readonly #counts: Uint32Array;
  readonly #readCounts: Uint32Array;
  readonly #bytes: Float64Array;
  readonly #sentAt: Float64Array;
  readonly #free: Uint32Array;
  #freeCount: number;
  #pending = 0;
  #pendingReads = 0;
  #pendingBytes = 0;
  #batch: (FrameEntry | undefined)[] = [];
  #batchIds: number[] = [];
  #batchLength = 0;
  #batchCommands = 0;
  /** Entries that could not be sent and whose callers do not know it yet. */
  #unsendable: number[] = [];
  #isFlushDue = false;
  #delay: TimerHandle | undefined;
  #isDown = false;
  readonly #replies = new ReplyIntake({
    take: (id, reply) => this.#takeReply(id, reply),
    onTaken: () => this.onRoom?.(),
  });
  readonly #flush = () => this.flush();
  readonly #onMessage = (message: FromStorageThread) => this.#receive(message);

  constructor(port: ChannelPort, options: StorageChannelOptions, dependencies: StorageChannelDependencies) {
    const { thread, capacity } = options;
    const { clock, metrics, log } = dependencies;
    this.#port = port;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#cells = {
      sent: metrics.counter(storageMetrics.sent, { thread }),
      received: metrics.counter(storageMetrics.received, { thread }),
      frames: metrics.counter(storageMetrics.frames, { thread }),
      late: metrics.counter(storageMetrics.lateReplies, { thread }),
      heldBack: metrics.counter(storageMetrics.backpressure, { thread }),
      sendFailures: metrics.counter(storageMetrics.sendFailures, { thread }),
    };
    this.#replyTime = metrics.histogram(storageMetrics.replyTime, { thread });
    metrics.gauge(storageMetrics.pending, { thread }, () => this.#pending);
    this.#calls = new Array<ChannelCall | undefined>(capacity).fill(undefined);
    this.#counts = new Uint32Array(capacity);
    this.#readCounts = new Uint32Array(capacity);
    this.#bytes = new Float64Array(capacity);
    this.#sentAt = new Float64Array(capacity);
    this.#free = Uint32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.#freeCount = capacity;
    port.on('message', this.#onMessage);
  }

  get pending(): number {
    return this.#pending;
  }

  /** The part of `pending` in entries that do not write. */
  get pendingReads(): number {
    return this.#pendingReads;
  }

  /** Mean milliseconds from sending to reply; 0 before the first one. */
  get meanReplyMs(): number {
    return this.statistics.replies === 0 ? 0 : this.statistics.replyMs / this.statistics.replies;
  }

  hasRoom(commands: number, bytes: number): boolean {
    return (
      this.#pending < this.#options.window &&
      this.#pending + commands <= this.#options.capacity &&
      (this.#pendingBytes === 0 || this.#pendingBytes + bytes <= this.#options.maxPendingBytes)
    );
  }

  holdBack(): void {
    this.statistics.backpressureEvents++;
    this.#cells.heldBack.inc();
  }

  send(entry: FrameEntry, call: ChannelCall): number {
    if (this.#isDown) throw new TypeError('nothing can be sent on a channel that is down');
    const id = this.#free[--this.#freeCount]!;
    const { count } = entry;
    const bytes = entry.commands.length;
    this.#calls[id] = call;
    this.#counts[id] = count;
    this.#bytes[id] = bytes;
    this.#pending += count;
    const reads = entry.access === 'read' ? count : 0;
    this.#readCounts[id] = reads;
    this.#pendingReads += reads;
    this.#pendingBytes += bytes;
    this.#batch[this.#batchLength] = entry;
    this.#batchIds[this.#batchLength++] = id;
    this.#batchCommands += count;
    if (this.#batchCommands >= this.#options.batch.maxCommands) this.flush();
    else if (!this.#isFlushDue) this.#scheduleFlush();
    return id;
  }

  abandon(id: number): void {
    if (this.#calls[id] === undefined) return;
    this.#calls[id] = abandoned;
    this.statistics.timeouts++;
  }

  /** Sends the frame that was collected so far; happens by itself at the end of the tick. */
  flush(): void {
    this.#isFlushDue = false;
    if (this.#delay !== undefined) {
      this.#clock.clearTimeout(this.#delay);
      this.#delay = undefined;
    }
    const length = this.#batchLength;
    if (length === 0) return;
    const commands = this.#batchCommands;
    const now = this.#clock.now();
    for (let i = 0; i < length; i++) this.#sentAt[this.#batchIds[i]!] = now;
    try {
      const frame = writeRequestFrame(this.#batch as FrameEntry[], this.#batchIds, length);
      this.#port.postMessage(frame, [frame]);
    } catch (cause) {
      this.#onSendFailure(cause);
      return;
    }
    this.#emptyBatch();
    this.statistics.sent += commands;
    this.#cells.sent.inc(commands);
    this.#cells.frames.inc();
  }

  /** Asks whether the thread is alive; answered by `pong`, behind the frames before it. */
  ping(sequence: number): void {
    this.#control({ type: 'ping', sequence });
  }

  /** Asks the thread to answer what was sent and to end; answered by `closed`. */
  close(): void {
    this.#control({ type: 'close' });
  }

  fail(error: StorageError): void {
    if (this.#isDown) return;
    this.#port.off('message', this.#onMessage);
    // They are answers, though not taken yet.
    this.#replies.drain();
    this.#isDown = true;
    if (this.#delay !== undefined) this.#clock.clearTimeout(this.#delay);
    const unsent = new Set([...this.#batchIds.slice(0, this.#batchLength), ...this.#unsendable]);
    this.#emptyBatch();
    for (let id = 0; id < this.#calls.length; id++) {
      const call = this.#release(id);
      call?.onLost(error, !unsent.has(id));
    }
  }

  #control(message: ToStorageThread): void {
    if (this.#isDown) return;
    this.flush();
    this.#port.postMessage(message);
  }

  #scheduleFlush(): void {
    this.#isFlushDue = true;
    const { flush, maxDelayMs } = this.#options.batch;
    if (maxDelayMs > 0) this.#delay = this.#clock.setTimeout(this.#flush, maxDelayMs);
    else if (flush === 'tick') setImmediate(this.#flush);
    else queueMicrotask(this.#flush);
  }

  #emptyBatch(): void {
    // The array keeps its length, but not the entries alive.
    for (let i = 0; i < this.#batchLength; i++) this.#batch[i] = undefined;
    this.#batchLength = 0;
    this.#batchCommands = 0;
  }

  #onSendFailure(cause: unknown): void {
    const ids = this.#batchIds.slice(0, this.#batchLength);
    this.#unsendable.push(...ids);
    this.#emptyBatch();
    this.statistics.sendFailures += ids.length;
    this.#cells.sendFailures.inc(ids.length);
    this.#log.error('commands could not be sent to a storage thread', {
      thread: this.#options.thread,
      reason: cause instanceof Error ? cause.message : String(cause),
    });
    const error = new StorageError(
      'storage_unavailable',
      'The command could not be handed to the storage thread.',
      {
        cause,
      },
    );
    // Later: a full batch is flushed inside of `send`, whose caller does not know the id yet.
    setImmediate(() => {
      if (this.#isDown) return;
      const lost = this.#unsendable;
      this.#unsendable = [];
      for (const id of lost) this.#release(id)?.onLost(error, false);
      this.onRoom?.();
    });
  }

  #receive(message: FromStorageThread): void {
    if (!(message instanceof ArrayBuffer)) {
      this.onControl?.(message);
      return;
    }
    this.#replies.push(message);
  }

  #takeReply(id: number, reply: Buffer): void {
    const count = this.#counts[id]!;
    const call = this.#release(id);
    if (call === undefined) return;
    const { statistics } = this;
    statistics.received += count;
    this.#cells.received.inc(count);
    if (call === abandoned) {
      statistics.lateReplies++;
      this.#cells.late.inc();
      return;
    }
    const took = this.#clock.now() - this.#sentAt[id]!;
    statistics.replyMs += took;
    statistics.replies++;
    this.#replyTime.observe(took / 1000);
    try {
      call.onReply(reply);
    } catch (error) {
      // The other replies of the frame must reach their callers.
      this.#log.error('a storage reply was not taken', { error });
    }
  }

  #release(id: number): ChannelCall | undefined {
    const call = this.#calls[id];
    if (call === undefined) return undefined;
    this.#calls[id] = undefined;
    this.#free[this.#freeCount++] = id;
    this.#pending -= this.#counts[id]!;
    this.#pendingReads -= this.#readCounts[id]!;
    this.#pendingBytes -= this.#bytes[id]!;
    return call;
  }
}
