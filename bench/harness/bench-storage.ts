import { CircuitBreaker } from '../../src/circuit-breaker/circuit-breaker.ts';
import { systemClock } from '../../src/clock/system-clock.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { clientOptions, runtimeOptions } from '../../src/exchange/storage-options.ts';
import type { EventStore } from '../../src/feed/log/event-store.ts';
import { TypedEventStore } from '../../src/feed/log/typed-event-store.ts';
import { ProcessSystem } from '../../src/otp/process-system.ts';
import { startSupervisor } from '../../src/otp/supervisor.ts';
import { StorageClient } from '../../src/storage/client/storage-client.ts';
import type { TypedStore } from '../../src/storage/client/typed-store.ts';
import { StorageRuntime } from '../../src/storage/runtime/storage-runtime.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { silentMetrics } from '../../src/telemetry/metrics.ts';
import { storageSupervisor } from '../../supervisors/storage.ts';

/** A storage runtime in this process, at the defaults of the config but for its durability and preset. */
export class BenchStorage {
  readonly store: TypedStore;
  /** Where an event log is kept. */
  readonly eventStore: EventStore;
  readonly #system = new ProcessSystem({ clock: systemClock });
  readonly #runtime: StorageRuntime;
  #isStopping = false;

  private constructor(directory: string, settings: string, entry?: URL) {
    const text = `storage: { directory: ${JSON.stringify(directory)}, ${settings} }\nchains: { bench: { chain_id: 1, devnet: {} } }`;
    const loaded = parseConfig(text, 'bench.yaml', {});
    if (!loaded.ok || loaded.config.storage === undefined) throw new Error(`not a config: ${text}`);
    const { storage } = loaded.config;
    const breaker = new CircuitBreaker({ failureThreshold: 5, successThreshold: 2 });
    const common = { clock: systemClock, log: silentLog, metrics: silentMetrics, breaker };
    const client = new StorageClient(clientOptions(storage), common);
    this.#runtime = new StorageRuntime(
      { ...runtimeOptions(storage), ...(entry === undefined ? {} : { entry }) },
      { ...common, client, random: Math.random, isStopping: () => this.#isStopping },
    );
    this.store = client.store('kv');
    this.eventStore = new TypedEventStore(client.store('log'));
  }

  /**
   * @param settings further keys of the section `storage`, as in the YAML
   * @param entry the code of the storage thread. @default the real one
   */
  static async start(directory: string, settings: string, entry?: URL): Promise<BenchStorage> {
    const storage = new BenchStorage(directory, settings, entry);
    const { breakerChild: breaker, threadChildren: threads } = storage.#runtime;
    await startSupervisor(storage.#system, storageSupervisor({ breaker, threads, resp: undefined }));
    await storage.store.set('ready', 'yes');
    return storage;
  }

  /** Threads that were started in place of one that ended. */
  get restarts(): number {
    return this.#runtime.snapshot().writer.restarts;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#system.stop(40_000);
    await this.#runtime.ended();
  }
}
