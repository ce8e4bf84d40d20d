import { dirname, resolve } from 'node:path';
import type { ChainParts } from '../../supervisors/chain.ts';
import { rootSupervisor } from '../../supervisors/root.ts';
import type { Clock } from '../clock/clock.ts';
import type { LoadedConfig } from '../config/parse-config.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { ServerConfig } from '../config/sections/server.ts';
import { TypedEventStore } from '../feed/log/typed-event-store.ts';
import { type AdminAction, AdminRoutes } from '../gateway/admin-routes.ts';
import { ChainDirectory } from '../gateway/chain-directory.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { gatewayChild } from '../gateway/gateway-process.ts';
import { StatusRoutes } from '../gateway/status-routes.ts';
import { ProcessSystem } from '../otp/process-system.ts';
import { type LiveNode, liveTree } from '../otp/supervision-tree.ts';
import { type SupervisorPid, startSupervisor } from '../otp/supervisor.ts';
import type { SupervisorSpec } from '../otp/supervisor-spec.ts';
import { memoryState, type StateStore, storedState } from '../pipelines/state/state-store.ts';
import type { RootLog } from '../telemetry/create-log.ts';
import { HealthRegistry } from '../telemetry/health-registry.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { processObserver, publishProcessCounts } from '../telemetry/process-metrics.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import { adminActions } from './admin-actions.ts';
import { ChainAssembly } from './chain-assembly.ts';
import type { ChainPipelines } from './chain-pipelines.ts';
import { chainsCheck } from './chains-check.ts';
import { type ConfigFile, configChild } from './config-process.ts';
import { deadLetterActions } from './dead-letter-actions.ts';
import { debugActions } from './debug-actions.ts';
import { FeedAssembly } from './feed-assembly.ts';
import { feedCheck } from './feed-check.ts';
import { pipelineActions } from './pipeline-actions.ts';
import { pipelinesCheck } from './pipelines-check.ts';
import { rosterChild } from './roster.ts';
import { sessionActions } from './session-actions.ts';
import { SessionAssembly } from './session-assembly.ts';
import { chainStats, type ExchangeStats } from './stats.ts';
import { StorageAssembly } from './storage-assembly.ts';

export interface ExchangeOptions {
  readonly loaded: LoadedConfig;
  /** The listener's address, from the command line; goes before the config's. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** The file that the config came from; watched when it is given. */
  readonly file?: ConfigFile;
  readonly adminToken: string;
  readonly version: string;
}

export interface ExchangeDependencies {
  readonly clock: Clock;
  readonly log: RootLog;
  readonly metrics: MetricRegistry;
  readonly redactor: Redactor;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

const settlePollMs = 50;
/** Beyond the drain of the gateway, for everything but the storage to stop, and for the storage. */
const stopGraceMs = 20_000;
const storageStopMs = 30_000;
/** What pipelines may remember where there is no storage: checkpoints and dead letters until the process ends. */
const memoryStateBytes = 64 * 2 ** 20;

/** One whole Trunkline: puts the parts together, starts the tree, applies config changes, stops in order. */
export class Exchange {
  readonly assemblies = new Map<string, ChainAssembly>();
  /** What is durable; undefined when it is not configured. */
  readonly storage: StorageAssembly | undefined;
  readonly feed: FeedAssembly;
  /** All processes; for those who look into them or end one on purpose. */
  readonly system: ProcessSystem;
  readonly #options: ExchangeOptions;
  readonly #deps: ExchangeDependencies;
  readonly #directory = new ChainDirectory();
  readonly #health: HealthRegistry;
  readonly #startedAt: number;
  /** What pipelines and the session builder remember. */
  readonly #pipelineState: StateStore;
  readonly #sessions: SessionAssembly | undefined;
  #loaded: LoadedConfig;
  #gateway: Gateway | undefined;
  #root: SupervisorPid | undefined;

  constructor(options: ExchangeOptions, deps: ExchangeDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#loaded = options.loaded;
    this.#startedAt = deps.clock.now();
    this.#health = new HealthRegistry({ metrics: deps.metrics });
    this.system = new ProcessSystem({
      clock: deps.clock,
      log: deps.log,
      observer: processObserver(deps.metrics),
    });
    publishProcessCounts(this.system, deps.metrics);
    this.#health.register(
      'chains',
      'readiness',
      chainsCheck(() => this.assemblies.values()),
    );
    const { storage } = options.loaded.config;
    this.storage =
      storage === undefined
        ? undefined
        : new StorageAssembly(storage, {
            clock: deps.clock,
            log: deps.log,
            metrics: deps.metrics,
            health: this.#health,
            random: deps.random ?? Math.random,
          });
    this.#pipelineState =
      this.storage === undefined
        ? memoryState({ maxBytes: memoryStateBytes })
        : storedState(this.storage.store('pipelines'), 'p/');
    this.feed = new FeedAssembly(options.loaded.config.feed, {
      clock: deps.clock,
      log: deps.log,
      metrics: deps.metrics,
      random: deps.random ?? Math.random,
      store: this.storage === undefined ? undefined : new TypedEventStore(this.storage.store('log')),
      chains: this.assemblies,
    });
    const { sessions, chains } = options.loaded.config;
    this.#sessions =
      sessions === undefined
        ? undefined
        : new SessionAssembly(sessions, chains[sessions.chain]?.devnet !== undefined, {
            chain: name => this.assemblies.get(name),
            state: this.#pipelineState.within('sessions/'),
            clock: deps.clock,
            log: deps.log,
            metrics: deps.metrics,
            random: deps.random ?? Math.random,
          });
    for (const [name, chain] of Object.entries(chains)) {
      if (chain.enabled) this.assemblies.set(name, this.#createAssembly(name, chain));
    }
    this.#health.register(
      'feed',
      'readiness',
      feedCheck(this.feed.eventLog, () => this.assemblies.values()),
    );
    this.#health.register(
      'pipelines',
      'readiness',
      pipelinesCheck(() => this.#pipelines()),
    );
    if (this.#sessions !== undefined) this.#health.register('sessions', 'readiness', this.#sessions.check);
  }

  /** The port that the gateway listens on. */
  get port(): number {
    return this.#gateway?.port ?? this.#server.port;
  }

  /** Settles when the root supervisor has given up, with the reason. */
  onEnd(listener: (reason: unknown) => void): void {
    if (this.#root !== undefined) this.system.watch(this.#root, listener);
  }

  /**
   * Starts the tree.
   * @throws OtpError `process_start_failed`, whose cause is the first failure, such as `port_in_use`; StorageError
   * `storage_locked`, `storage_directory`
   */
  async start(): Promise<void> {
    this.storage?.lock();
    // Clients find every chain as soon as the port is open: those that do not run yet say that they are starting.
    for (const { runtime } of this.assemblies.values()) this.#directory.put(runtime);
    try {
      this.#root = await startSupervisor(this.system, this.specification());
    } catch (error) {
      await this.#release();
      throw error;
    }
    const { epoch, reset } = this.feed.eventLog;
    this.feed.tell('started', { version: this.#options.version, epoch, ...(reset && { reset }) });
  }

  /** Settles once every chain's providers have been looked at, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    const { clock } = this.#deps;
    const end = clock.now() + withinMs;
    const isStarting = () =>
      [...this.assemblies.values()].some(({ runtime }) =>
        runtime.table.providers.some(provider => provider.state === 'starting'),
      );
    while (isStarting() && clock.now() < end)
      await new Promise<void>(resolve => clock.setTimeout(resolve, settlePollMs));
  }

  /** Drains the gateway and all pipelines at once, and stops the tree in reverse order; every step is bounded. */
  async stop(): Promise<void> {
    this.feed.tell('stopping', {});
    this.storage?.stopping();
    // Their supervisors come to them one after another: by then each of them has drained.
    const drains = [...this.#pipelines()].map(pipelines => pipelines.drain());
    await this.system.stop(
      this.#server.drain_timeout +
        stopGraceMs +
        Math.max(0, ...drains) +
        (this.storage === undefined ? 0 : storageStopMs),
    );
    await this.#release();
    this.#deps.log.flush();
  }

  /** The tree as data; `chainTemplate` stands for the chains in a drawing of it. */
  specification(chainTemplate?: ChainParts): SupervisorSpec {
    const { clock, log, metrics, random = Math.random } = this.#deps;
    return rootSupervisor({
      ...(chainTemplate === undefined ? {} : { chainTemplate }),
      telemetry: { clock, metrics, health: this.#health },
      ...(this.storage === undefined ? {} : { storage: this.storage.parts }),
      feed: this.feed.parts,
      ...(this.#sessions === undefined ? {} : { sessions: this.#sessions.parts }),
      gateway: gatewayChild({
        config: () => this.#server,
        dependencies: {
          chains: this.#directory,
          feed: this.feed.service,
          clock,
          log,
          metrics,
          random,
          status: new StatusRoutes({
            health: this.#health,
            metrics,
            stats: () => this.stats(),
            isDraining: () => this.#gateway?.isDraining ?? true,
            ...(this.#sessions === undefined ? {} : { services: this.#sessions.statusRoute }),
          }),
          admin: new AdminRoutes(this.#options.adminToken, this.#adminActions(), { log }),
        },
        onListening: gateway => {
          this.#gateway = gateway;
        },
      }),
      roster: rosterChild({
        log,
        assemblies: this.assemblies,
        createAssembly: (name, config) => this.#createAssembly(name, config),
        onChainShown: ({ runtime }) => {
          this.#directory.put(runtime);
          // Who follows all chains follows this one too.
          this.feed.feed.chainsChanged();
        },
        onChainHidden: ({ runtime }) => {
          this.#directory.remove(runtime.name);
          this.feed.chainRemoved(runtime.name);
        },
        onChainEnded: ({ runtime }) => this.#gateway?.chainEnded(runtime),
        onChainTuned: ({ runtime }) => this.#gateway?.chainTuned(runtime),
      }),
      config: configChild({
        file: this.#options.file,
        log,
        clock,
        running: () => this.#loaded,
        onSwap: (loaded, { changes }) => {
          this.#swap(loaded);
          this.feed.tell('config', { changes: changes.map(({ path }) => path) });
        },
      }),
    });
  }

  tree(): LiveNode | undefined {
    return this.#root === undefined ? undefined : liveTree(this.system, this.#root);
  }

  stats(): ExchangeStats {
    return {
      version: this.#options.version,
      uptimeSeconds: Math.round((this.#deps.clock.now() - this.#startedAt) / 1_000),
      chains: [...this.assemblies.values()].map(chainStats),
      feed: this.feed.stats(),
      storage: this.storage?.stats() ?? null,
      sessions: this.#sessions?.builder.stats() ?? null,
    };
  }

  /** Ends what runs beside the tree, and lets go of the files. */
  async #release(): Promise<void> {
    for (const assembly of this.assemblies.values()) assembly.close();
    await this.feed.stop();
    await this.storage?.release();
  }

  #adminActions(): AdminAction[] {
    const { clock, log, metrics } = this.#deps;
    const { system } = this;
    const pipelines = () => this.#pipelines();
    return [
      ...adminActions({
        tree: () => this.tree(),
        chain: name => this.assemblies.get(name),
        chains: () => this.assemblies.values(),
        setLogLevel: level => {
          log.level = level;
        },
      }),
      ...pipelineActions({ pipelines, system }),
      ...deadLetterActions({ pipelines, clock }),
      ...sessionActions({ sessions: () => this.#sessions?.builder, system }),
      ...debugActions({ clock, metrics }),
    ];
  }

  *#pipelines(): Iterable<ChainPipelines> {
    for (const { pipelines } of this.assemblies.values()) if (pipelines !== undefined) yield pipelines;
  }

  get #server(): ServerConfig {
    const { server } = this.#loaded.config;
    const { listen } = this.#options;
    // Where it is the port after the other, it goes with that.
    const isNext = server.ws_port === server.port + 1 && listen?.port !== undefined;
    const wsPort = isNext ? { ws_port: listen.port === 0 ? undefined : listen.port + 1 } : {};
    return { ...server, ...listen, ...wsPort };
  }

  #swap(loaded: LoadedConfig): void {
    this.#deps.redactor.addSecrets(loaded.secrets);
    const { level } = loaded.config.log;
    // A level set by the admin API holds until the config's own changes.
    if (level !== this.#loaded.config.log.level) this.#deps.log.level = level;
    this.#loaded = loaded;
    this.#gateway?.reconfigure(this.#server);
  }

  #createAssembly(name: string, config: ChainConfig): ChainAssembly {
    const { clock, log, metrics, redactor } = this.#deps;
    return new ChainAssembly(name, config, {
      clock,
      log,
      metrics,
      redactor,
      maxResponseBytes: this.#server.max_response_bytes,
      secrets: () => this.#loaded.secrets,
      pipeline: () => this.#gateway?.pipeline,
      feed: this.feed,
      feedConfig: this.#loaded.config.feed,
      pipelines: {
        configs: () => this.#loaded.config.pipelines,
        services: () => this.#sessions?.pipelinesOf(name) ?? [],
        state: this.#pipelineState,
        store: this.storage?.store('kv'),
        directory:
          this.#options.file === undefined ? process.cwd() : dirname(resolve(this.#options.file.path)),
        random: this.#deps.random ?? Math.random,
      },
    });
  }
}
