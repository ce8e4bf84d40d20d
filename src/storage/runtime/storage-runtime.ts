import { breakerName, breakerProcess, type RecoveryOptions } from '../../circuit-breaker/breaker-process.ts';
import { breakerStateValues } from '../../circuit-breaker/breaker-state-values.ts';
import type { CircuitBreaker } from '../../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../../clock/clock.ts';
import { type PlainChildSpec, statemChild } from '../../otp/child-spec.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CommandChannel } from '../channel/command-channel.ts';
import type { StorageThreadOptions, StorageThreadReport } from '../channel/messages.ts';
import type { StorageChannel } from '../channel/storage-channel.ts';
import type { StorageClient } from '../client/storage-client.ts';
import { storageRuntimeMetrics } from './metrics.ts';
import type { ReaderPool } from './reader-pool.ts';
import type { ReaderScalingOptions } from './reader-scaling.ts';
import { readersChild } from './readers-process.ts';
import { StartBackoff, type StartBackoffOptions, startBackoffDefaults } from './start-backoff.ts';
import {
  type Responsiveness,
  StorageThreadHandle,
  type StorageThreadHandleOptions,
} from './storage-thread-handle.ts';
import { publishStores, ThreadMetrics } from './thread-metrics.ts';
import { writerChild } from './writer-process.ts';
import { WriterState, type WriterStatus } from './writer-state.ts';

export interface StorageRuntimeOptions {
  /** What every thread is started with, besides its role. */
  readonly thread: Omit<StorageThreadOptions, 'role' | 'wallOffsetMs'>;
  readonly channel: StorageThreadHandleOptions['channel'];
  readonly readers: ReaderScalingOptions & { readonly intervalMs: number };
  readonly breaker: RecoveryOptions;
  /** @default at once, then 1 s, doubling to 30 s */
  readonly backoff?: StartBackoffOptions;
  /** The code that the threads run. @default the storage thread */
  readonly entry?: URL;
}

export interface StorageRuntimeDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly client: StorageClient;
  readonly breaker: CircuitBreaker;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether all of Trunkline stops: then the client is stopped with the writer. */
  readonly isStopping: () => boolean;
  /** What stands between the client and a channel, such as the injection of faults. @default nothing */
  readonly wrapChannel?: (channel: StorageChannel, thread: string) => CommandChannel;
}

/** One thread as statistics and health show it. */
export interface ThreadSnapshot extends Responsiveness {
  readonly name: string;
  readonly pending: number;
  readonly report: StorageThreadReport | undefined;
}

/** How the runtime is doing. */
export interface RuntimeSnapshot {
  readonly writer: WriterStatus;
  readonly threads: readonly ThreadSnapshot[];
  readonly readers: number;
}

/** The parts of the storage runtime: the processes that own its threads, and what is known of them. */
export class StorageRuntime {
  /** In the order of their start. */
  readonly threadChildren: readonly PlainChildSpec[];
  readonly breakerChild: PlainChildSpec;
  readonly #options: StorageRuntimeOptions;
  readonly #deps: StorageRuntimeDependencies;
  readonly #writer = new WriterState();
  /** Every thread that has not ended, retired ones included. */
  readonly #threads = new Set<StorageThreadHandle>();
  /** Wall-clock time of the monotonic clock's origin, as it was when the runtime was made. */
  readonly #wallOrigin: number;
  #pool: ReaderPool | undefined;

  constructor(options: StorageRuntimeOptions, deps: StorageRuntimeDependencies) {
    this.#options = options;
    this.#deps = deps;
    const { client, clock, log, metrics, breaker } = deps;
    this.#wallOrigin = clock.wallNow() - clock.now();
    const newBackoff = () => new StartBackoff(options.backoff ?? startBackoffDefaults);
    const { stores } = options.thread;
    publishStores(
      stores.map(({ name }) => name),
      () => this.#writer.thread?.report,
      metrics,
    );
    metrics.gauge(storageRuntimeMetrics.readers, {}, () => this.#pool?.size ?? 0);
    metrics.gauge(storageRuntimeMetrics.breakerState, {}, () => breakerStateValues[breaker.state]);
    const restarts = metrics.counter(storageRuntimeMetrics.restarts);
    const scalings = (direction: 'up' | 'down') =>
      metrics.counter(storageRuntimeMetrics.scalings, { direction });
    const wrap = this.#wrapOnce();
    this.threadChildren = [
      writerChild({
        spawn: () => {
          if (this.#writer.hasRun) restarts.inc();
          return this.#spawn('writer', 'writer');
        },
        directories: stores.map(({ directory }) => directory),
        client: {
          attachWriter: channel => client.attachWriter(wrap(channel)),
          detachWriter: reason => client.detachWriter(reason),
          stop: withinMs => client.stop(withinMs),
        },
        state: this.#writer,
        backoff: newBackoff(),
        log,
        isStopping: deps.isStopping,
      }),
      readersChild({
        scaling: options.readers,
        intervalMs: options.readers.intervalMs,
        isWriterRunning: () => this.#writer.status.state === 'running',
        writerPending: () => this.#writer.thread?.channel.pendingReads ?? 0,
        pool: {
          spawn: name => this.#spawn(name, 'reader'),
          client: {
            attachReader: channel => client.attachReader(wrap(channel)),
            detachReader: (channel, reason) => client.detachReader(wrap(channel), reason),
          },
          clock,
          log,
          backoff: newBackoff(),
          crashes: metrics.counter(storageRuntimeMetrics.readerCrashes),
        },
        onPool: pool => {
          this.#pool = pool;
        },
        ups: scalings('up'),
        downs: scalings('down'),
      }),
    ];
    this.breakerChild = statemChild({
      id: 'circuit_breaker',
      statem: breakerProcess,
      args: {
        breaker,
        options: options.breaker,
        fields: { guarded: 'storage' },
        log,
        openings: metrics.counter(storageRuntimeMetrics.breakerOpenings),
        random: deps.random,
      },
      name: breakerName({ id: 'storage' }),
      about: 'Owns the circuit breaker of the storage runtime: decides when it lets calls through again.',
    });
  }

  snapshot(): RuntimeSnapshot {
    return {
      writer: this.#writer.status,
      threads: [...this.#threads].map(thread => ({
        name: thread.name,
        pending: thread.channel.pending,
        report: thread.report,
        ...thread.responsiveness,
      })),
      readers: this.#pool?.size ?? 0,
    };
  }

  /** Settles once every thread is gone, also one whose process was killed: its files may be used by others then. */
  async ended(): Promise<void> {
    await Promise.all([...this.#threads].map(thread => thread.ended));
  }

  #spawn(name: string, role: StorageThreadOptions['role']): StorageThreadHandle {
    const { clock, log, metrics } = this.#deps;
    const { thread: options, channel, entry } = this.#options;
    const published = new ThreadMetrics(name, () => thread.responsiveness, metrics);
    const wallOffsetMs = this.#wallOrigin + clock.now() - clock.wallNow();
    const thread: StorageThreadHandle = new StorageThreadHandle(
      {
        name,
        thread: { ...options, role, wallOffsetMs },
        channel,
        ...(entry === undefined ? {} : { entry }),
      },
      { clock, log, metrics, onReport: report => published.report(report) },
    );
    this.#threads.add(thread);
    void thread.ended.then(() => {
      this.#threads.delete(thread);
      if (![...this.#threads].some(other => other.name === name)) published.remove();
    });
    return thread;
  }

  /** The same wrapping for the same channel each time, so that what was attached can be detached. */
  #wrapOnce(): (channel: StorageChannel) => CommandChannel {
    const { wrapChannel } = this.#deps;
    if (wrapChannel === undefined) return channel => channel;
    const wrapped = new WeakMap<StorageChannel, CommandChannel>();
    return channel => {
      const known = wrapped.get(channel);
      if (known !== undefined) return known;
      const thread = [...this.#threads].find(candidate => candidate.channel === channel)!;
      const made = wrapChannel(channel, thread.name);
      wrapped.set(channel, made);
      return made;
    };
  }
}
