import type { ChainParts } from '../../supervisors/chain.ts';
import { HeadTracker } from '../aggregation/head-tracker.ts';
import { headTrackerChild } from '../aggregation/head-tracker-process.ts';
import { messageAggregatorChild } from '../aggregation/message-aggregator-process.ts';
import { aggregationMetrics } from '../aggregation/metrics.ts';
import { StreamHub } from '../aggregation/stream-hub.ts';
import { evmFamily } from '../chains/evm/evm-family.ts';
import { familyOf } from '../chains/families.ts';
import type { Clock } from '../clock/clock.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { FeedConfig } from '../config/sections/feed.ts';
import type { ProviderConfig } from '../config/sections/provider.ts';
import { Devnet } from '../devnet/devnet.ts';
import { devnetChild } from '../devnet/devnet-process.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import { Provider } from '../providers/provider.ts';
import { ProviderTable } from '../providers/provider-table.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import { ChainFollowing } from './chain-following.ts';
import type { FeedAssembly } from './feed-assembly.ts';

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
}

/** Blocks without confirmation after which an embedded chain counts as begun anew. A local chain is reset and reverted at will; real ones are not. */
const devnetResetBlocks = 10;

/** The plain objects of one chain, wired to each other, and the parts of its supervisor. */
export class ChainAssembly {
  readonly runtime: ChainRuntime;
  readonly devnet: Devnet | undefined;
  readonly parts: ChainParts;
  readonly following: ChainFollowing;
  readonly #deps: AssemblyDependencies;
  readonly #hub: StreamHub;
  readonly #nodeExitListeners = new Set<() => void>();

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
      identity: config.genesis_hash ?? String(config.chain_id),
      family: familyOf(config.family),
      config,
      table: new ProviderTable(),
      heads,
      hub: undefined,
      unavailable: undefined,
    };
    this.runtime = runtime;
    this.#hub = new StreamHub(
      { chain: name, width: config.aggregation.width, maxStreams: config.aggregation.max_streams },
      {
        events: runtime.family.events,
        clock,
        log,
        metrics,
      },
    );
    runtime.hub = this.#hub;
    this.following = new ChainFollowing(runtime, {
      feed: deps.feedConfig,
      logRules: evmFamily.logs,
      resetAfterMs,
      eventLog: deps.feed.eventLog,
      journal: deps.feed.journal(name),
      hub: this.#hub,
      pipeline: deps.pipeline,
      clock,
      log,
      metrics,
    });
    this.devnet =
      config.devnet === undefined ? undefined : this.#createDevnet(config.devnet, config.chain_id);
    for (const provider of config.providers) this.addProvider(provider);
    if (config.providers.length === 0) {
      runtime.unavailable =
        this.devnet === undefined
          ? `${name} has no provider: their environment variables are unset`
          : `${name} is starting`;
    }
    this.parts = {
      name,
      devnet: this.devnet === undefined ? undefined : this.#devnetChild(this.devnet),
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
      chainFollower: this.following.child,
      providers: () => runtime.table.providers,
    };
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
          this.following.onHead({ providerId, head, header, isBelieved });
        },
        onState: change => {
          // What it said last must not keep the feed on a branch that the others have left.
          if (change.state === 'down' || change.state === 'wrong_chain')
            this.following.providerGone(change.provider);
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
    const { head, floor, streams, subscribers, upstreamSubscriptions } = aggregationMetrics;
    const labels = { chain: this.runtime.name };
    for (const gauge of [head, floor, streams, subscribers, upstreamSubscriptions])
      this.#deps.metrics.remove(gauge, labels);
  }

  /** Trunkline stops: everything ends at once. */
  close(): void {
    for (const provider of this.runtime.table.providers) provider.close();
    this.#endStreams();
  }

  #letGo(provider: Provider): void {
    this.runtime.heads.remove(provider.id);
    this.following.providerGone(provider.id);
    this.#hub.removeSource(provider.id);
    // What it is answering at the moment it may answer.
    provider.closeWhenIdle(this.runtime.config.failover.deadline);
  }

  #endStreams(): void {
    this.following.stop();
    this.#hub.close(`the streams of ${this.runtime.name} ended`);
    this.runtime.hub = undefined;
  }

  #createDevnet(config: NonNullable<ChainConfig['devnet']>, chainId: number): Devnet {
    return new Devnet(
      {
        chain: this.runtime.name,
        chainId,
        providers: config.providers,
        blockTimeMs: config.block_time,
        accounts: config.accounts,
        balance: config.balance,
        basePort: config.base_port,
        onExit: () => {
          for (const listener of this.#nodeExitListeners) listener();
        },
      },
      { clock: this.#deps.clock, log: this.#deps.log },
    );
  }

  #devnetChild(devnet: Devnet) {
    return devnetChild({
      chain: this.runtime.name,
      devnet,
      log: this.#deps.log,
      onStarted: () => {
        // Every start is a new chain at new addresses; the providers' supervisor starts after this and finds these.
        this.runtime.heads.reset();
        this.following.chainRestarted();
        for (const provider of simulatedProviders(devnet)) this.addProvider(provider);
      },
      onUnavailable: reason => {
        this.runtime.unavailable = reason;
      },
      onNodeExit: listener => {
        this.#nodeExitListeners.add(listener);
        return () => this.#nodeExitListeners.delete(listener);
      },
    });
  }
}

function simulatedProviders(devnet: Devnet): ProviderConfig[] {
  return devnet.providers.map(({ id, url, wsUrl }) => ({
    id,
    url,
    ws_url: wsUrl,
    priority: 1,
    weight: 1,
    headers: {},
  }));
}
