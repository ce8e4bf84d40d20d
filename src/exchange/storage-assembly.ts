import type { StorageParts } from '../../supervisors/storage.ts';
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../clock/clock.ts';
import type { StorageConfig } from '../config/sections/storage/storage.ts';
import type { PlainChildSpec } from '../otp/child-spec.ts';
import type { RespListener } from '../resp/resp-listener.ts';
import { respListenerChild } from '../resp/resp-process.ts';
import type { StoreFigures } from '../resp/storage-sink.ts';
import type { CommandChannel } from '../storage/channel/command-channel.ts';
import { FaultInjection } from '../storage/channel/fault-injection.ts';
import type { StorageChannel } from '../storage/channel/storage-channel.ts';
import { StorageClient } from '../storage/client/storage-client.ts';
import type { TypedStore } from '../storage/client/typed-store.ts';
import { type DirectoryLock, lockDirectory } from '../storage/database/directory-lock.ts';
import {
  type StorageHealthSources,
  storageCheck,
  storageDetails,
  storesOf as storesOfReport,
} from '../storage/runtime/storage-health.ts';
import { StorageRuntime } from '../storage/runtime/storage-runtime.ts';
import type { HealthRegistry } from '../telemetry/health-registry.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { clientOptions, respOptions, runtimeOptions, storesOf } from './storage-options.ts';

export interface StorageAssemblyDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly health: HealthRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** How long `stop` waits for threads whose processes were killed. */
const threadsEndMs = 20_000;

/** The plain objects of the storage, wired to each other, and the parts of its supervisor. */
export class StorageAssembly {
  /** The one way into the storage runtime. */
  readonly client: StorageClient;
  readonly runtime: StorageRuntime;
  readonly parts: StorageParts;
  readonly #config: StorageConfig;
  readonly #deps: StorageAssemblyDependencies;
  readonly #sources: StorageHealthSources;
  #lock: DirectoryLock | undefined;
  #listener: RespListener | undefined;
  #isStopping = false;

  /** Puts the storage together; nothing runs yet, and no file is touched. */
  constructor(config: StorageConfig, deps: StorageAssemblyDependencies) {
    const { clock, log, metrics, random } = deps;
    this.#config = config;
    this.#deps = deps;
    const breaker = new CircuitBreaker({
      failureThreshold: config.circuit_breaker.failure_threshold,
      successThreshold: config.circuit_breaker.success_threshold,
    });
    const client = new StorageClient(clientOptions(config), { clock, log, metrics, random, breaker });
    const options = runtimeOptions(config);
    const injection = config.fault_injection;
    const runtime = new StorageRuntime(options, {
      clock,
      log,
      metrics,
      client,
      breaker,
      random,
      isStopping: () => this.#isStopping,
      ...(injection === undefined
        ? {}
        : { wrapChannel: (channel, thread) => this.#faulty(channel, thread, injection) }),
    });
    this.client = client;
    this.runtime = runtime;
    this.#sources = {
      runtime: () => runtime.snapshot(),
      breaker: () => breaker.state,
      client: () => client,
      window: options.channel.window,
    };
    this.parts = {
      breaker: runtime.breakerChild,
      threads: runtime.threadChildren,
      resp: this.#respChild(),
    };
  }

  /** The port that Redis clients connect to; undefined when there is none, or not yet. */
  get respPort(): number | undefined {
    return this.#listener?.port;
  }

  /** Typed calls to a store of the config. @throws TypeError when there is none of that name */
  store(name: keyof StorageConfig['stores']): TypedStore {
    return this.client.store(name);
  }

  /**
   * Takes the directory for this process; before the tree is started.
   * @throws StorageError `storage_locked`, `storage_directory`
   */
  lock(): void {
    this.#lock = lockDirectory(this.#config.directory, { clock: this.#deps.clock });
    // It never fails; as a liveness check it is shown by both `/health` and `/ready`.
    this.#deps.health.register('storage', 'liveness', storageCheck(this.#sources));
  }

  /** From now on the writer answers what was accepted before it ends; before the tree is stopped. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** Gives the directory back once no thread uses it; after the tree was stopped. */
  async release(): Promise<void> {
    const { clock, log } = this.#deps;
    const isEnded = await new Promise<boolean>(resolve => {
      const timer = clock.setTimeout(() => resolve(false), threadsEndMs);
      void this.runtime.ended().then(() => {
        clock.clearTimeout(timer);
        resolve(true);
      });
    });
    if (isEnded) this.#lock?.release();
    else log.error('storage threads are still running; the directory stays locked until the process ends');
  }

  /** What `/stats` says of the storage. */
  stats() {
    return { ...storageDetails(this.#sources), respPort: this.respPort ?? null };
  }

  #faulty(
    channel: StorageChannel,
    thread: string,
    { delay, drop_rate, error_rate }: NonNullable<StorageConfig['fault_injection']>,
  ): CommandChannel {
    const { clock, metrics, random } = this.#deps;
    const options = { thread, delayMs: delay, dropRate: drop_rate, errorRate: error_rate };
    return new FaultInjection(channel, options, { clock, metrics, random });
  }

  #respChild(): PlainChildSpec | undefined {
    const store = storesOf(this.#config).findIndex(({ name }) => name === 'kv');
    const options = respOptions(this.#config.resp, store);
    if (options === undefined) return undefined;
    const { clock, log, metrics } = this.#deps;
    return respListenerChild({
      options: () => options,
      dependencies: { storage: this.client, figures: () => this.#figures(), clock, log, metrics },
      onListening: listener => {
        this.#listener = listener;
      },
    });
  }

  #figures(): StoreFigures {
    const snapshot = this.runtime.snapshot();
    const store = storesOfReport(snapshot).find(({ name }) => name === 'kv');
    return {
      isReady: snapshot.writer.state === 'running',
      keys: store?.keys ?? 0,
      keysWithExpiry: store?.keysWithExpiry ?? 0,
      usedBytes: store?.usedBytes ?? 0,
      maxBytes: store?.maxBytes ?? this.#config.stores.kv.max_bytes,
    };
  }
}
