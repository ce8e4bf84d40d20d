import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type {
  FromStorageThread,
  StorageThreadData,
  StorageThreadOptions,
  StorageThreadReport,
  ToStorageThread,
} from '../channel/messages.ts';
import {
  type ChannelPort,
  type ControlMessage,
  StorageChannel,
  type StorageChannelOptions,
} from '../channel/storage-channel.ts';
import { StorageError } from '../errors.ts';
import { endAbruptlyWith } from './abrupt-end.ts';

export interface StorageThreadHandleOptions {
  /** Names the thread in logs and metrics, such as `writer` or `reader-1`. */
  readonly name: string;
  /** What the thread is started with. */
  readonly thread: StorageThreadOptions;
  readonly channel: Omit<StorageChannelOptions, 'thread'>;
  /** Milliseconds for the thread to look at its files and to open them. @default 600000 */
  readonly startTimeoutMs?: number;
  /** Mebibytes of JavaScript heap; a thread that needs more is ended. What is stored is outside of it. @default 512 */
  readonly maxHeapMebibytes?: number;
  /** The code that the thread runs. @default the storage thread */
  readonly entry?: URL;
}

export interface StorageThreadDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Hears each report of the thread, about once a second. */
  readonly onReport?: (report: StorageThreadReport) => void;
}

/** How a storage thread ended. */
export interface ThreadEnd {
  /** One short sentence. */
  readonly reason: string;
  /** Whether it was told to end and did, with everything answered. */
  readonly isOrderly: boolean;
  /**
   * Whether it died in the middle of a transaction: then it never ends, and holds the locks of its files for as long as
   * the process lives.
   */
  readonly isStuck: boolean;
  /** What it threw, or said before it ended. */
  readonly error?: unknown;
}

/** How well a thread answers. */
export interface Responsiveness {
  /** Milliseconds that the last answered ping took, waiting behind commands included. */
  readonly roundTripMs: number;
  /** Milliseconds for which a ping has been without its answer; 0 when all are answered. */
  readonly silentMs: number;
  /** Milliseconds by which the main thread was late with its last ping. */
  readonly mainLateMs: number;
}

const pingIntervalMs = 1_000;
/** How long a ping may be unanswered before the thread counts as not answering. */
export const silentAfterMs = 5_000;
const defaultStartTimeoutMs = 600_000;
const defaultMaxHeapMebibytes = 512;
/** How long a thread whose port has closed may take to be gone; measured: 3 to 25 ms. */
const stuckAfterMs = 2_000;
const failedThreadMs = 5_000;
/** Beyond these, what a thread writes to its standard streams is thrown away. */
const maxOutputChunks = 100;
const maxOutputCharacters = 1_000;

/**
 * One storage thread, seen from the main thread: starts it, listens to it, pings it each second, closes it in order.
 * It is never terminated while it runs commands, unless it does not end within its bound.
 */
export class StorageThreadHandle {
  readonly name: string;
  readonly channel: StorageChannel;
  /** Settles when the thread answers commands. Rejects with the `StorageError` that kept it from that. */
  readonly ready: Promise<void>;
  /** Settles when no further reply will come; up to 2 s before `ended`. */
  readonly silenced: Promise<void>;
  /** Settles once the thread is gone, or stuck. */
  readonly ended: Promise<ThreadEnd>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #deps: StorageThreadDependencies;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #disarm: () => void;
  readonly #pings: TimerHandle;
  readonly #startTimer: TimerHandle;
  #stuckTimer: TimerHandle | undefined;
  #settleReady: { resolve: () => void; reject: (error: StorageError) => void } | undefined;
  #settleEnded: ((end: ThreadEnd) => void) | undefined;
  #failure: { readonly reason: string; readonly error?: unknown } | undefined;
  #isClosing = false;
  #report: StorageThreadReport | undefined;
  #sequence = 0;
  #pingedAt: number | undefined;
  #roundTripMs = 0;
  #tickedAt: number;
  #mainLateMs = 0;
  #isSilent = false;

  constructor(options: StorageThreadHandleOptions, deps: StorageThreadDependencies) {
    const { name, thread, startTimeoutMs = defaultStartTimeoutMs } = options;
    this.name = name;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#log = deps.log.child({ thread: name });
    this.ready = new Promise<void>((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Whoever waits for the end only must not make of a failed start a rejection that nobody handles.
    this.ready.catch(() => {});
    this.ended = new Promise(resolve => {
      this.#settleEnded = resolve;
    });

    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.channel = new StorageChannel(
      channelPort(port1),
      { ...options.channel, thread: name },
      { clock: deps.clock, metrics: deps.metrics, log: this.#log },
    );
    this.channel.onControl = message => this.#onControl(message);
    const data: StorageThreadData = { options: thread, port: port2 };
    this.#worker = new Worker(options.entry ?? threadEntry, {
      name: `storage-${name}`,
      workerData: data,
      transferList: [port2],
      // Not those of this process: a test runner's or an inspector's are not for a storage thread.
      execArgv: [],
      argv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMebibytes ?? defaultMaxHeapMebibytes },
    });
    forwardOutput(this.#worker.stdout, this.#log);
    forwardOutput(this.#worker.stderr, this.#log);
    this.#worker.on('error', error => {
      this.#failure = { reason: reasonOf(error), error };
    });
    // What the thread said last, such as why it did not start, may come after the news of its end; `close` comes last.
    this.#worker.on('exit', code => void this.silenced.then(() => this.#end(code, false)));
    this.silenced = new Promise(resolve => {
      port1.on('close', () => {
        resolve();
        if (this.#settleEnded !== undefined)
          this.#stuckTimer = this.#clock.setTimeout(() => this.#end(undefined, true), stuckAfterMs);
      });
    });
    this.#tickedAt = this.#clock.now();
    this.#pings = this.#clock.setInterval(() => this.#ping(), pingIntervalMs);
    this.#startTimer = this.#clock.setTimeout(() => this.#startTooSlow(startTimeoutMs), startTimeoutMs);
    this.#disarm = endAbruptlyWith(() => thread.role === 'writer' && this.channel.pending > 0);
  }

  /** What the thread said of itself last, about a second ago at most. */
  get report(): StorageThreadReport | undefined {
    return this.#report;
  }

  get responsiveness(): Responsiveness {
    return {
      roundTripMs: this.#roundTripMs,
      silentMs: this.#pingedAt === undefined ? 0 : this.#clock.now() - this.#pingedAt,
      mainLateMs: this.#mainLateMs,
    };
  }

  /**
   * Has the thread answer what was sent, close its files and end. One that has not ended after `withinMs` is terminated,
   * and the log says so.
   */
  close(withinMs: number): Promise<ThreadEnd> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.channel.flush();
      // Past the channel, which listens no more and sends nothing once the client has let go of it.
      this.channel.onControl = undefined;
      this.#port.on('message', (message: FromStorageThread) => {
        if (!(message instanceof ArrayBuffer)) this.#onControl(message);
      });
      this.#port.postMessage({ type: 'close' } satisfies ToStorageThread);
      const timer = this.#clock.setTimeout(() => {
        this.#log.error('a storage thread did not end in time and is terminated', {
          withinMs,
          pending: this.channel.pending,
        });
        this.#failure ??= { reason: `it did not end within ${withinMs} ms and was terminated` };
        this.#terminate();
      }, withinMs);
      void this.ended.then(() => this.#clock.clearTimeout(timer));
    }
    return this.ended;
  }

  #onControl(message: ControlMessage): void {
    switch (message.type) {
      case 'ready':
        this.#clock.clearTimeout(this.#startTimer);
        this.#settleReady?.resolve();
        this.#settleReady = undefined;
        return;
      case 'failed': {
        const error = new StorageError(message.code, message.message);
        this.#failure ??= { reason: message.message, error };
        this.#failStart(error);
        // It ends by itself; this is for the case that it does not.
        void this.close(failedThreadMs);
        return;
      }
      case 'pong':
        this.#onPong(message.sequence, message.report);
        return;
      case 'log':
        this.#log[message.level](message.message, message.fields);
        return;
      case 'closed':
        return;
    }
  }

  #ping(): void {
    const now = this.#clock.now();
    this.#mainLateMs = Math.max(0, now - this.#tickedAt - pingIntervalMs);
    this.#tickedAt = now;
    if (this.#settleReady !== undefined || this.#isClosing) return;
    if (this.#pingedAt !== undefined) {
      if (this.#isSilent || now - this.#pingedAt < silentAfterMs) return;
      this.#isSilent = true;
      this.#log.warn('a storage thread does not answer', { pending: this.channel.pending });
      return;
    }
    this.#pingedAt = now;
    this.channel.ping(++this.#sequence);
  }

  #onPong(sequence: number, report: StorageThreadReport): void {
    if (sequence === this.#sequence && this.#pingedAt !== undefined) {
      this.#roundTripMs = this.#clock.now() - this.#pingedAt;
      this.#pingedAt = undefined;
      if (this.#isSilent) this.#log.info('a storage thread answers again', { afterMs: this.#roundTripMs });
      this.#isSilent = false;
    }
    this.#report = report;
    this.#deps.onReport?.(report);
  }

  #startTooSlow(afterMs: number): void {
    const reason = `The storage thread did not open its files within ${afterMs} ms.`;
    this.#failure = { reason };
    this.#failStart(new StorageError('storage_unavailable', reason));
    this.#terminate();
  }

  #failStart(error: StorageError): void {
    this.#clock.clearTimeout(this.#startTimer);
    this.#settleReady?.reject(error);
    this.#settleReady = undefined;
  }

  #terminate(): void {
    // Does not settle for a thread that gets stuck; `ended` tells of both.
    void this.#worker.terminate();
  }

  #end(code: number | undefined, isStuck: boolean): void {
    if (this.#settleEnded === undefined) return;
    for (const timer of [this.#pings, this.#startTimer]) this.#clock.clearTimeout(timer);
    this.#clock.clearTimeout(this.#stuckTimer);
    if (isStuck) {
      // The process cannot end by itself any more either: it would wait for this thread.
      endAbruptlyWith(() => true);
      this.#log.error('a storage thread died in the middle of a transaction and keeps its files locked');
    }
    this.#disarm();
    const reason = isStuck
      ? 'it died in the middle of a transaction'
      : (this.#failure?.reason ?? (this.#isClosing ? 'closed' : `it exited with code ${code}`));
    this.#failStart(
      new StorageError('storage_unavailable', `The storage thread did not start: ${reason}.`, {
        cause: this.#failure?.error,
      }),
    );
    this.#settleEnded({
      reason,
      isOrderly: this.#isClosing && this.#failure === undefined && !isStuck,
      isStuck,
      ...(this.#failure?.error === undefined ? {} : { error: this.#failure.error }),
    });
    this.#settleEnded = undefined;
  }
}

/** In the repository the `.ts`, where it was built the `.js`. */
const threadEntry = new URL(`../worker/storage-thread${extname(import.meta.url)}`, import.meta.url);

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/**
 * The port as the channel uses it. Not the port itself: Node 26 crashes in `receiveMessageOnPort` on a port that closes,
 * and all that a thread sent has arrived by then.
 */
function channelPort(port: MessagePort): ChannelPort {
  return {
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    on: (event, listener) => port.on(event, listener),
    off: (event, listener) => port.off(event, listener),
  };
}

/** What a thread writes itself is for the log; libraries in it may write too. */
function forwardOutput(stream: Readable, log: Log): void {
  let chunks = 0;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (chunks++ < maxOutputChunks)
      log.warn('output of a storage thread', { output: chunk.slice(0, maxOutputCharacters).trimEnd() });
  });
}
