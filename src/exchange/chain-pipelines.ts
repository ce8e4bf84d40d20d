import type { PipelinesParts, SourceParts } from '../../supervisors/pipelines.ts';
import type { ChainCalls } from '../chains/chain-calls.ts';
import type { Commitment } from '../chains/solana/commitment.ts';
import type { Clock } from '../clock/clock.ts';
import type { FeedConfig } from '../config/sections/feed.ts';
import type { PipelineConfig } from '../config/sections/pipelines/pipeline.ts';
import { eventKinds, type GapData } from '../feed/events/feed-event.ts';
import type { EventLog } from '../feed/log/event-log.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import type { PlainChildSpec } from '../otp/child-spec.ts';
import { AccountCache } from '../pipelines/cache/account-cache.ts';
import { ProgramCache } from '../pipelines/cache/program-cache.ts';
import { FeedHandler } from '../pipelines/feed/feed-handler.ts';
import { forgetTold } from '../pipelines/feed/told-keys.ts';
import { valueEvent } from '../pipelines/feed/value-event.ts';
import { GatherDemand, type GatherSubject, type WantedSubject } from '../pipelines/gather/gather-demand.ts';
import { Gatherer } from '../pipelines/gather/gatherer.ts';
import { gathererChild } from '../pipelines/gather/gatherer-process.ts';
import { pipelineFromConfig } from '../pipelines/pipeline-config.ts';
import type { PipelineDefinition } from '../pipelines/pipeline-options.ts';
import { pipelineChild } from '../pipelines/runtime/pipeline-process.ts';
import { PipelineRuntime } from '../pipelines/runtime/pipeline-runtime.ts';
import type { RunningPipeline } from '../pipelines/runtime/running-pipeline.ts';
import type { StateStore } from '../pipelines/state/state-store.ts';
import type { GeyserEndpointOptions } from '../sources/geyser/geyser-options.ts';
import { sourceLabel, type UpdateSource } from '../sources/source.ts';
import type { TypedStore } from '../storage/client/typed-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { ChainEvents } from './chain-events.ts';
import { gapTopics } from './gap-topics.ts';
import { type MadeSource, makeSource } from './update-sources.ts';

export interface ChainPipelinesDependencies {
  readonly feed: FeedConfig;
  /** The pipelines of the config, by name; those of other chains among them. */
  readonly configs: () => Readonly<Record<string, PipelineConfig>>;
  /** Pipelines of services that read this chain. */
  readonly services: () => readonly PipelineDefinition[];
  /** The gRPC endpoints, as they are now. */
  readonly endpoints: () => readonly GeyserEndpointOptions[];
  readonly eventLog: EventLog;
  /** Where checkpoints, dead letters and what is spilled are kept. */
  readonly state: StateStore;
  /** Where the `storage` handler writes; undefined: there is no storage. */
  readonly store: TypedStore | undefined;
  readonly calls: ChainCalls;
  /** Where relative paths of the config begin. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A source with the pipelines that read it. */
interface Line extends MadeSource {
  readonly id: string;
  readonly runtime: PipelineRuntime;
}

/** A pipeline of the config or of a service, and the runtime that it is part of. */
interface Place {
  readonly runtime: PipelineRuntime;
  readonly pipeline: RunningPipeline;
}

/** What makes a pipeline run, and what it reads. */
export interface AddedPipeline {
  readonly source: SourceParts;
  readonly pipeline: PlainChildSpec;
}

/** A pipeline that could not be made: its IDL or its module does not load. */
export interface BrokenPipeline {
  readonly id: string;
  readonly chain: string;
  readonly message: string;
}

/** What reads the updates of one Solana chain: sources, pipelines, and what of it goes into the feed. */
export class ChainPipelines implements ChainEvents {
  readonly demand: GatherDemand;
  readonly #chain: ChainRuntime;
  readonly #deps: ChainPipelinesDependencies;
  readonly #state: StateStore;
  readonly #stateKey: string;
  readonly #accounts: AccountCache;
  readonly #programs: ProgramCache;
  readonly #listeners = new Set<() => void>();
  #lines = new Map<string, Line>();
  /** By id. */
  #places = new Map<string, Place>();
  #gatherer: PlainChildSpec | undefined;
  #broken: readonly BrokenPipeline[] = [];
  #isRestored = false;
  #isNewChain = false;

  constructor(chain: ChainRuntime, deps: ChainPipelinesDependencies) {
    const { clock, log, feed, state } = deps;
    const { name, config } = chain;
    this.#chain = chain;
    this.#deps = deps;
    this.#state = state.within(`${name}/`);
    this.#stateKey = `gather:${name}`;
    const lookUps = { calls: deps.calls, clock, metrics: deps.metrics };
    this.#accounts = new AccountCache({ chain: name }, lookUps);
    this.#programs = new ProgramCache({ chain: name }, lookUps);
    const { programs, accounts } = config.gather;
    const always: GatherSubject[] = [
      ...programs.map(key => ({ kind: 'program' as const, key })),
      ...accounts.map(key => ({ kind: 'account' as const, key })),
    ];
    this.demand = new GatherDemand(
      {
        chain: name,
        always,
        hasAccounts: () => this.#gatherSource !== 'logs',
        restoredKeepMs: feed.keep_gathering,
      },
      { clock, log },
      {
        onChange: () => {
          for (const listener of this.#listeners) listener();
        },
        onSnapshotChange: () => {
          if (this.#isRestored) deps.eventLog.saveState(this.#stateKey, this.demand.snapshot());
        },
      },
    );
  }

  /** All pipelines that run, built-in ones among them. */
  get running(): readonly RunningPipeline[] {
    return [...this.#lines.values()].flatMap(({ runtime }) => runtime.pipelines);
  }

  /** The chain has neither a provider nor an endpoint. */
  get isIdle(): boolean {
    return this.#chain.table.providers.length === 0 && this.#deps.endpoints().length === 0;
  }

  get broken(): readonly BrokenPipeline[] {
    return this.#broken;
  }

  /** Those that pipelines read. */
  get sources(): readonly UpdateSource[] {
    const read = [...this.#lines.values()].filter(({ runtime }) => runtime.pipelines.length > 0);
    return read.map(({ source }) => source);
  }

  get stalledBy(): number {
    return 0;
  }

  onHead(): void {}

  providerGone(): void {}

  chainRestarted(): void {
    this.#isNewChain = true;
  }

  restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    const { eventLog } = this.#deps;
    this.demand.restore(eventLog.state(this.#stateKey), eventLog.nextOffset - 1);
  }

  /** Makes sources and pipelines anew, as the config and the endpoints are now; nothing runs yet. Returns what reads those that there are by then. */
  async build(): Promise<() => PipelinesParts> {
    const { configs, services, eventLog } = this.#deps;
    const { name } = this.#chain;
    if (eventLog.isOpen) this.restore();
    // Nobody could be asked for anything; the roster starts them again when there is somebody.
    if (this.isIdle) return () => ({ sources: [], handling: [] });
    const definitions: PipelineDefinition[] = [...services()];
    this.#broken = [];
    for (const [id, config] of Object.entries(configs())) {
      if (config.chain !== name || !config.enabled) continue;
      const definition = await this.#tryDefine(id, config);
      if (definition !== undefined) definitions.push(definition);
    }
    this.#lines = new Map();
    this.#places = new Map();
    const gatherer = this.#makeGatherer();
    for (const definition of definitions) this.#place(definition);
    if (this.#isNewChain) await this.#forget(definitions);
    this.#gatherer = gathererChild(name, gatherer);
    return () => this.#parts();
  }

  /** Has a pipeline handle what it took, and forgets it; where it was stays. */
  async removePipeline(id: string): Promise<void> {
    this.#broken = this.#broken.filter(broken => broken.id !== id);
    const place = this.#places.get(id);
    // At once, so that nobody starts it again meanwhile.
    this.#places.delete(id);
    await place?.runtime.remove(id);
  }

  /** Makes a pipeline as the config has it now; undefined: it cannot be made, or there is nobody to read from. */
  async addPipeline(id: string): Promise<AddedPipeline | undefined> {
    const config = this.#deps.configs()[id];
    if (config === undefined || this.isIdle) return undefined;
    const definition = await this.#tryDefine(id, config);
    // The whole may have been started anew meanwhile.
    if (definition === undefined || this.#places.has(id)) return undefined;
    const { line, pipeline } = this.#place(definition);
    return { source: line, pipeline: pipelineChild(pipeline) };
  }

  stats() {
    return {
      sources: this.sources.map(source => ({
        name: sourceLabel(source.name, source.purpose),
        commitment: source.commitment,
        ...source.state(),
      })),
      pipelines: this.running.map(pipeline => pipeline.status()),
      broken: this.#broken,
      gathered: this.demand.subjects.length,
    };
  }

  /** Has all pipelines end at once, each within its time. @returns the longest of those, in milliseconds */
  drain(): number {
    const open = this.running.filter(({ isOpen }) => isOpen);
    // Whoever stops their processes hears of what goes wrong.
    for (const pipeline of open) pipeline.stop().catch(() => {});
    return Math.max(0, ...open.map(({ definition }) => definition.drainTimeoutMs));
  }

  stop(): void {
    this.demand.stop();
    this.#listeners.clear();
  }

  get #gatherSource(): UpdateSource['name'] {
    const { source } = this.#chain.config.gather;
    if (source !== 'auto') return source;
    return this.#deps.endpoints().length > 0 ? 'geyser' : 'logs';
  }

  /** Those of earlier runs may have had another source: log subscriptions tell of no writes to accounts. */
  #subjects(): readonly WantedSubject[] {
    const isLogs = this.#gatherSource === 'logs';
    return this.demand.subjects.filter(({ kind }) => !isLogs || kind === 'program');
  }

  #parts(): PipelinesParts {
    const pipelines = [...this.#places.values()].map(({ pipeline }) => pipelineChild(pipeline));
    const gatherer = this.#gatherer === undefined ? [] : [this.#gatherer];
    return { sources: [...this.#lines.values()], handling: [...pipelines, ...gatherer] };
  }

  #place(definition: PipelineDefinition) {
    const line = this.#line(definition.source, definition.commitment);
    const { runtime } = line;
    const pipeline = runtime.add(definition);
    this.#places.set(definition.id, { runtime, pipeline });
    return { line, pipeline };
  }

  #makeGatherer(): Gatherer {
    const { eventLog, log } = this.#deps;
    const { config, name: chain } = this.#chain;
    const { commitment } = config.gather;
    const name = this.#gatherSource;
    const { source, runtime: slots } = this.#line(name, commitment);
    // Whatever a server makes of what clients follow, the pipelines of the config go on.
    const { runtime: subjects } = this.#line(name, commitment, 'followed');
    return new Gatherer(
      {
        chain,
        source: source.name,
        commitment,
        eventLog,
        savedCheckpoint: id => this.#savedCheckpoint(id),
        onSlotTold: (slot, offset) => this.demand.onSlotTold(slot, offset),
        onAppended: (slot, offset) => this.demand.onAppended(slot, offset),
      },
      {
        runtimes: { slots, subjects },
        subjects: () => this.#subjects(),
        presentSlot: () => this.demand.presentSlot,
        onChange: listener => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
        state: this.#state,
        log,
      },
    );
  }

  async #tryDefine(id: string, config: PipelineConfig): Promise<PipelineDefinition | undefined> {
    const chain = this.#chain.name;
    try {
      return await this.#define(id, config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#broken = [...this.#broken, { id, chain, message }];
      this.#deps.log.error('a pipeline does not start', { chain, pipeline: id, reason: message });
      return undefined;
    }
  }

  #define(id: string, config: PipelineConfig): Promise<PipelineDefinition> {
    const { clock, log, directory, store, eventLog, calls } = this.#deps;
    const { chain, commitment, filter } = config;
    return pipelineFromConfig(id, config, {
      clock,
      log,
      directory,
      store,
      feedHandler: handler =>
        new FeedHandler(
          {
            id: handler,
            eventOf: valueEvent({ chain, commitment, program: filter.programs[0] ?? systemProgram }),
            gapTopics: gapTopics(chain, filter.programs),
          },
          { eventLog, savedCheckpoint: () => this.#savedCheckpoint(id) },
        ),
      moduleContext: { chain, calls, accounts: this.#accounts, programs: this.#programs },
    });
  }

  /** The line of a source and a commitment, made when it is first asked for. */
  #line(name: UpdateSource['name'], commitment: Commitment, purpose = ''): Line {
    const id = purpose === '' ? `${name}:${commitment}` : `${name}:${commitment}:${purpose}`;
    const known = this.#lines.get(id);
    if (known !== undefined) return known;
    const { clock, log, metrics, random, calls, endpoints } = this.#deps;
    const chain = this.#chain;
    const runtime = new PipelineRuntime(
      { chain: chain.name, source: name, commitment },
      { state: this.#state, accounts: this.#accounts, clock, log, metrics, random },
    );
    const made = makeSource(name, commitment, {
      chain,
      purpose,
      endpoints: endpoints(),
      listener: runtime,
      calls,
      clock,
      log,
      metrics,
      random,
    });
    runtime.connect(made.source);
    const line = { id, runtime, ...made };
    this.#lines.set(id, line);
    return line;
  }

  #savedCheckpoint(id: string): number | undefined {
    return this.running.find(pipeline => pipeline.id === id)?.status().savedCheckpoint;
  }

  /** The embedded chain is another one than before: its slots begin anew, and what was told of the old ones is void. */
  async #forget(definitions: readonly PipelineDefinition[]): Promise<void> {
    const { eventLog, state } = this.#deps;
    const { name } = this.#chain;
    const hadState = (await state.under(`${name}/`, { maxEntries: 1 })).length > 0;
    while ((await state.clear(`${name}/`)) > 0);
    this.demand.forgetSlots();
    for (const prefix of [`feed.${name}.`, ...definitions.map(({ id }) => `${id}/`)])
      await forgetTold(eventLog.index, prefix);
    this.#isNewChain = false;
    if (!hadState) return;
    const message = 'the chain is another one than before: what was told of it is void';
    const data: GapData = { reason: 'chain_reset', message };
    eventLog.append([
      { kind: eventKinds.gap, chain: name, topic: `${name}.gaps`, data: Buffer.from(JSON.stringify(data)) },
    ]);
  }
}

const systemProgram = '1'.repeat(32);
