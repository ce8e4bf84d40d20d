import { BlockLogs } from '../aggregation/block-logs/block-logs.ts';
import {
  ChainFollower,
  type ChainFollowerDeps,
  type HeadArrival,
} from '../aggregation/canonical/chain-follower.ts';
import { chainFollowerChild } from '../aggregation/canonical/chain-follower-process.ts';
import { ChainDemand } from '../aggregation/demand/chain-demand.ts';
import { WantedStream } from '../aggregation/demand/wanted-stream.ts';
import type { StreamHub } from '../aggregation/stream-hub.ts';
import type { LogRules } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import type { FeedConfig } from '../config/sections/feed.ts';
import type { ChainJournal } from '../feed/log/chain-journal.ts';
import type { EventLog } from '../feed/log/event-log.ts';
import { LogTopicDemand } from '../feed/topics/log-topic-demand.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import type { PlainChildSpec } from '../otp/child-spec.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { ChainEvents } from './chain-events.ts';
import { PipelineReads } from './pipeline-reads.ts';
import { TipWatch } from './tip-watch.ts';

export interface ChainFollowingDependencies {
  readonly feed: FeedConfig;
  /** How the family's logs read. */
  readonly logRules: LogRules;
  /** `ChainFollowerOptions.resetAfterMs`; undefined: its default. */
  readonly resetAfterMs: number | undefined;
  readonly eventLog: EventLog;
  readonly journal: ChainJournal;
  readonly hub: StreamHub;
  readonly pipeline: () => CallPipeline | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** What makes the events of one chain: the demand for them, the follower, and the way into the log. */
export class ChainFollowing implements ChainEvents {
  readonly demand: LogTopicDemand;
  /** The follower's process. */
  readonly child: PlainChildSpec;
  readonly #chain: ChainRuntime;
  readonly #deps: ChainFollowingDependencies;
  readonly #journal: ChainJournal;
  readonly #reads: PipelineReads;
  readonly #claims: ChainDemand;
  readonly #logs: BlockLogs;
  readonly #pending: WantedStream;
  readonly #stateKey: string;
  readonly #watch: TipWatch;
  #follower: ChainFollower | undefined;
  #isRestored = false;
  #isNewChain = false;

  constructor(chain: ChainRuntime, deps: ChainFollowingDependencies) {
    const { feed, journal, logRules, hub, pipeline, clock, log, metrics } = deps;
    const { name } = chain;
    const { aggregation } = chain.config;
    this.#chain = chain;
    this.#deps = deps;
    this.#stateKey = `demand:${name}`;
    this.#watch = new TipWatch(name, { clock, log });
    this.#reads = new PipelineReads(chain, { pipeline, clock, metrics });
    this.#journal = journal;
    this.#claims = new ChainDemand(
      {
        chain: name,
        mode: aggregation.logs,
        maxPatterns: feed.max_log_patterns,
        restoredKeepMs: feed.keep_gathering,
      },
      { rules: logRules, clock, log, metrics },
    );
    this.demand = new LogTopicDemand(name, this.#claims);
    this.#logs = new BlockLogs(
      { chain: name, source: aggregation.log_source },
      { rules: logRules, demand: this.#claims, reads: this.#reads, hub, clock, log, metrics },
    );
    this.#pending = new WantedStream(
      {
        chain: name,
        params: '["newPendingTransactions"]',
        isWanted: () => this.#follower !== undefined && this.#claims.wantsPending,
        // Some nodes send whole transactions instead.
        onEvent: hash => {
          if (hash[0] === quote) this.#journal.pending(Buffer.from(hash));
        },
      },
      { hub, clock, log },
    );
    this.#claims.onChange(() => this.#pending.update());
    this.#claims.onSnapshotChange(() => this.#save());
    this.child = chainFollowerChild({
      chain: name,
      createFollower: ({ onFailed }) => this.#createFollower(onFailed),
      onFollower: follower => {
        this.#follower = follower;
        this.#pending.update();
      },
    });
  }

  /** Takes a head that a provider reported; those that come while there is no follower are fetched by the next one. */
  onHead(arrival: HeadArrival): void {
    this.#follower?.onHead(arrival);
    this.#watch.note(this.#follower?.stats().tip?.number ?? -1, this.#chain.heads.best?.number ?? -1);
  }

  /** `TipWatch.stalledBy` */
  get stalledBy(): number {
    return this.#watch.stalledBy;
  }

  providerGone(id: string): void {
    this.#follower?.providerGone(id);
  }

  /** The embedded chain began anew. */
  chainRestarted(): void {
    if (this.#follower === undefined) this.#isNewChain = true;
    else this.#follower.chainRestarted();
  }

  stats() {
    const { blocks, reorgs, gaps, safe, finalized } = this.#journal.figures;
    const tip = this.#follower?.stats().tip ?? this.#journal.recent.at(-1);
    return {
      tip: tip === undefined ? null : { number: tip.number, hash: tip.hash },
      safe: safe ?? null,
      finalized: finalized ?? null,
      reorgs,
      gaps,
      logPatterns: this.#claims.patternCount,
      callsPerBlock: blocks === 0 ? null : this.#reads.calls / blocks,
    };
  }

  /** Ends what runs beside the process, and the metrics. */
  stop(): void {
    this.#pending.stop();
    this.#logs.stop();
    this.#claims.stop();
  }

  #createFollower(onFailed: ChainFollowerDeps['onFailed']): ChainFollower {
    const { logRules, resetAfterMs, clock, log, metrics } = this.#deps;
    const { name, family, config, heads } = this.#chain;
    this.restore();
    const follower = new ChainFollower(
      {
        chain: name,
        blockTimeMs: config.block_time,
        maxReorgDepth: config.aggregation.max_reorg_depth,
        maxBackfillBlocks: config.aggregation.max_backfill,
        finalityIntervalMs: config.aggregation.finality_interval,
        ...(resetAfterMs === undefined ? {} : { resetAfterMs }),
      },
      {
        sink: this.#journal,
        logs: this.#logs,
        reads: this.#reads,
        heads,
        events: family.events,
        bloomIn: header => logRules.bloomIn(header),
        clock,
        log,
        metrics,
        onFailed,
      },
    );
    if (this.#isNewChain) follower.chainRestarted();
    this.#isNewChain = false;
    return follower;
  }

  /** Goes on to gather what was gathered before the restart; once the log is open. */
  restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    const { eventLog } = this.#deps;
    this.#claims.restore(eventLog.state(this.#stateKey), eventLog.nextOffset - 1);
  }

  #save(): void {
    if (this.#isRestored) this.#deps.eventLog.saveState(this.#stateKey, this.#claims.snapshot());
  }
}

const quote = 0x22;
