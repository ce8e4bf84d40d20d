import type { ChainParts } from '../../supervisors/chain.ts';
import { HeadTracker } from '../aggregation/head-tracker.ts';
import { headTrackerChild } from '../aggregation/head-tracker-process.ts';
import { messageAggregatorChild } from '../aggregation/message-aggregator-process.ts';
import { aggregationMetrics } from '../aggregation/metrics.ts';
import { StreamHub } from '../aggregation/stream-hub.ts';
import { familyOf } from '../chains/families.ts';
import type { Clock } from '../clock/clock.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { FeedConfig } from '../config/sections/feed.ts';
import type { ProviderConfig } from '../config/sections/provider.ts';
import type { Devnet } from '../devnet/devnet.ts';
import { solanaGenesis } from '../devnet/solana/well-known.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import { Provider } from '../providers/provider.ts';
import { ProviderTable } from '../providers/provider-table.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import type { ChainEvents } from './chain-events.ts';
import { ChainFollowing } from './chain-following.ts';
import { ChainPipelines, type ChainPipelinesDependencies } from './chain-pipelines.ts';
import { EmbeddedChain } from './embedded-chain.ts';
import type { FeedAssembly } from './feed-assembly.ts';
import { OwnCalls } from './own-calls.ts';

export interface AssemblyDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** `server.max_response_bytes` */
  readonly maxResponseBytes: number;
  /** Values that no answer, log line or label may hold. */
  readonly secrets: () => readonly string[];
  readonly redactor: Redactor;
  /** The gateway's pipeline, through which a chain fills gaps; undefined while the gateway is down. */
  readonly pipeline: () => CallPipeline | undefined;
  readonly feed: FeedAssembly;
  readonly feedConfig: FeedConfig;
  /** What the pipelines of a Solana chain need besides. */
  readonly pipelines: Pick<
    ChainPipelinesDependencies,
    'configs' | 'services' | 'state' | 'store' | 'directory' | 'random'
  >;
}

/** Blocks without confirmation after which an embedded chain counts as begun anew. A local chain is reset and reverted at will; real ones are not. */
const devnetResetBlocks = 10;

/** The plain objects of one chain, wired to each other, and the parts of its supervisor. */
export class ChainAssembly {
  readonly runtime: ChainRuntime;
  readonly parts: ChainParts;
  /** What makes its events for the feed. */
  readonly events: ChainEvents;
  /** Calls of Trunkline's own to the chain. */
  readonly calls: OwnCalls;
  /** Of a Solana chain: what reads its updates. */
  readonly pipelines: ChainPipelines | undefined;
  readonly #deps: AssemblyDependencies;
  readonly #hub: StreamHub;
  readonly #embedded: EmbeddedChain | undefined;

  /** Puts a chain together; nothing runs yet. */
  constructor(name: string, config: ChainConfig, deps: AssemblyDependencies) {
    const { clock, log, metrics } = deps;
    this.#deps = deps;
    const resetAfterMs = config.devnet === undefined ? undefined : devnetResetBlocks * config.block_time;
    const heads = new HeadTracker(
      {
        chain: name,
        blockTimeMs: config.block_time,
        maxLeadBlocks: config.health.max_block_lead,
        ...(resetAfterMs === undefined ? {} : { floorExpiryMs: resetAfterMs }),
      },
      { clock, log, metrics },
    );
    const runtime: ChainRuntime = {
      name,
      identity: identityOf(name, config),
      family: familyOf(config.family),
      config,
      table: new ProviderTable(),
      heads,
      hub: undefined,
      unavailable: undefined,
    };
    this.runtime = runtime;
    const ownCalls = new OwnCalls(runtime, { pipeline: deps.pipeline, clock });
    this.calls = ownCalls;
    this.#hub = new StreamHub(
      { chain: name, width: config.aggregation.width, maxStreams: config.aggregation.max_streams },
      {
        events: runtime.family.events,
        isPlausible: slot => heads.isPlausible(slot),
        reads: ownCalls,
        clock,
        log,
        metrics,
      },
    );
    runtime.hub = this.#hub;
    this.#embedded = this.#embed(config);
    const endpoints = () => this.#embedded?.endpoints ?? config.geyser?.endpoints ?? [];
    const following = this.#follow(resetAfterMs);
    this.pipelines =
      config.family === 'solana'
        ? new ChainPipelines(runtime, {
            ...deps.pipelines,
            feed: deps.feedConfig,
            endpoints,
            eventLog: deps.feed.eventLog,
            calls: ownCalls,
            clock,
            log,
            metrics,
          })
        : undefined;
    const events = following ?? this.pipelines;
    if (events === undefined) throw new Error(`chains of the family ${config.family} have no events`);
    this.events = events;
    deps.feed.chainAdded(name, config.family);
    for (const provider of config.providers) this.addProvider(provider);
    if (config.providers.length === 0) {
      runtime.unavailable =
        this.#embedded === undefined
          ? `${name} has no provider: their environment variables are unset`
          : `${name} is starting`;
    }
    this.parts = {
      name,
      devnet: this.#embedded?.child,
      messageAggregator: messageAggregatorChild({
        chain: name,
        options: {
          maxCacheSize: config.aggregation.max_cache_size,
          deduplicationWindowMs: config.aggregation.deduplication_window,
          evictionRatio: config.aggregation.eviction_ratio,
        },
        hub: this.#hub,
        metrics,
      }),
      headTracker: headTrackerChild({ chain: name, heads }),
      chainFollower: following?.child,
      providers: () => runtime.table.providers,
      pipelines: this.pipelines === undefined ? undefined : () => this.pipelines!.build(),
    };
  }

  /** The embedded chain; undefined: its providers are somebody else's. */
  get devnet(): Devnet | undefined {
    return this.#embedded?.devnet;
  }

  /**
   * Makes a provider and shows it to the hot path, which sends it nothing before its processes run; in place of an
   * earlier one of the same id, so that the chain is at no moment without it.
   */
  addProvider(config: ProviderConfig): Provider {
    const { runtime } = this;
    const { clock, log, metrics, maxResponseBytes, secrets, redactor } = this.#deps;
    for (const url of [config.url, config.ws_url]) if (url !== undefined) redactor.addUrl(url);
    const earlier = runtime.table.get(config.id);
    if (earlier !== undefined) this.#letGo(earlier);
    const provider: Provider = new Provider(
      {
        chain: runtime.name,
        identity: runtime.identity,
        chainConfig: runtime.config,
        config,
        family: runtime.family,
        maxResponseBytes,
        secrets: secrets(),
      },
      {
        clock,
        log,
        metrics,
        heads: runtime.heads,
        onHead: (providerId, head, header) => {
          // One that was taken out may still hear of heads while its processes end.
          if (runtime.table.get(providerId) !== provider) return;
          const isBelieved = runtime.heads.observe(providerId, head);
          this.#hub.arrived('heads', head.hash, providerId);
          this.events.onHead({ providerId, head, header, isBelieved });
        },
        onState: change => {
          // What it said last must not keep the feed on a branch that the others have left.
          if (change.state === 'down' || change.state === 'wrong_chain')
            this.events.providerGone(change.provider);
          this.#deps.feed.providerChanged(runtime.name, change);
        },
      },
    );
    runtime.table.put(provider);
    runtime.unavailable = undefined;
    if (provider.streams !== undefined) this.#hub.addSource(provider.streams);
    return provider;
  }

  /** Takes a provider away from the hot path; its processes are stopped by whoever started them. */
  removeProvider(id: string): void {
    const { runtime } = this;
    const provider = runtime.table.get(id);
    if (provider === undefined) return;
    runtime.table.remove(id);
    this.#letGo(provider);
    if (runtime.table.providers.length === 0) runtime.unavailable ??= `${runtime.name} has no provider`;
  }

  /** The chain is taken out, or another assembly takes its place: it takes no calls, ends its streams and its metrics. */
  retire(): void {
    for (const provider of this.runtime.table.providers) this.removeProvider(provider.id);
    this.#endStreams();
    const { head, floor, streams, subscribers, upstreamSubscriptions, subjects } = aggregationMetrics;
    const labels = { chain: this.runtime.name };
    for (const gauge of [head, floor, streams, subscribers, upstreamSubscriptions, subjects])
      this.#deps.metrics.remove(gauge, labels);
  }

  /** Trunkline stops: everything ends at once. */
  close(): void {
    for (const provider of this.runtime.table.providers) provider.close();
    this.#endStreams();
  }

  #letGo(provider: Provider): void {
    this.runtime.heads.remove(provider.id);
    this.events.providerGone(provider.id);
    this.#hub.removeSource(provider.id);
    // What it is answering at the moment it may answer.
    provider.closeWhenIdle(this.runtime.config.failover.deadline);
  }

  #endStreams(): void {
    this.events.stop();
    this.#hub.close(`the streams of ${this.runtime.name} ended`);
    this.runtime.hub = undefined;
  }

  /** Where blocks have logs, one canonical chain of them is followed. */
  #follow(resetAfterMs: number | undefined): ChainFollowing | undefined {
    const { runtime } = this;
    const { logs } = runtime.family;
    if (logs === undefined) return undefined;
    const { feed, feedConfig, pipeline, clock, log, metrics } = this.#deps;
    return new ChainFollowing(runtime, {
      feed: feedConfig,
      logRules: logs,
      resetAfterMs,
      eventLog: feed.eventLog,
      journal: feed.journal(runtime.name),
      hub: this.#hub,
      pipeline,
      clock,
      log,
      metrics,
    });
  }

  #embed(config: ChainConfig): EmbeddedChain | undefined {
    const { devnet } = config;
    if (devnet === undefined) return undefined;
    const { runtime } = this;
    return new EmbeddedChain(runtime.name, { ...config, devnet }, this.#deps, {
      onStarted: providers => {
        // Every start is a new chain at new addresses; the providers' supervisor starts after this and finds these.
        runtime.heads.reset();
        this.#hub.chainRestarted();
        this.events.chainRestarted();
        for (const provider of providers) this.addProvider(provider);
      },
      onUnavailable: reason => {
        runtime.unavailable = reason;
      },
    });
  }
}

/** Which chain every provider has to serve. */
function identityOf(name: string, { family, chain_id, genesis_hash, devnet }: ChainConfig): string {
  if (family === 'evm') return String(chain_id);
  return devnet === undefined ? String(genesis_hash) : solanaGenesis(name);
}
