import type { Commitment } from '../../chains/solana/commitment.ts';
import type { SlotUpdate, SolanaUpdate } from '../../chains/solana/updates.ts';
import type { SourceGap, SourceListener, UpdateSource } from '../../sources/source.ts';
import type { AccountCache } from '../cache/account-cache.ts';
import { PipelineError } from '../errors.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import { PipelineGauges } from './pipeline-gauges.ts';
import { type PipelineDependencies, type PipelineHost, RunningPipeline } from './running-pipeline.ts';

export interface PipelineRuntimeDependencies extends PipelineDependencies {
  /** Told of account writes, so that look-ups need no calls. @default none */
  readonly accounts?: AccountCache;
}

export interface PipelineRuntimeOptions {
  readonly chain: string;
  readonly source: UpdateSource['name'];
  readonly commitment: Commitment;
}

/**
 * All pipelines of one source. Give it to the source as its listener, `connect` the source, and open the pipelines: once
 * all that were added are open, the source is subscribed to, and again whenever one comes or goes.
 */
export class PipelineRuntime implements SourceListener, PipelineHost {
  readonly #options: PipelineRuntimeOptions;
  readonly #dependencies: PipelineRuntimeDependencies;
  readonly #pipelines = new Map<string, RunningPipeline>();
  readonly #gauges: PipelineGauges;
  #source: UpdateSource | undefined;
  /** Whom the source was last told of; undefined: it was not subscribed to yet. */
  #subscribed: readonly string[] | undefined;
  /** Those that the source brings updates by now: only they know what a settled slot held. */
  #served: readonly string[] = [];
  #hasRoom = true;
  #waiting: (() => void)[] = [];

  constructor(options: PipelineRuntimeOptions, dependencies: PipelineRuntimeDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#gauges = new PipelineGauges(dependencies.metrics);
  }

  /** All pipelines, in the order in which they were added. */
  get pipelines(): readonly RunningPipeline[] {
    return [...this.#pipelines.values()];
  }

  /** Names the source; its subscriptions are this runtime's alone. */
  connect(source: UpdateSource): void {
    this.#source = source;
    this.onOpenChanged();
  }

  /**
   * Adds a pipeline, which takes nothing until it is opened.
   * @throws PipelineError `pipeline_duplicate`, or `pipeline_invalid`: it is for another source
   */
  add(definition: PipelineDefinition): RunningPipeline {
    const { chain, source, commitment } = this.#options;
    const { id } = definition;
    if (this.#pipelines.has(id))
      throw new PipelineError('pipeline_duplicate', `there are two pipelines ${id}`);
    if (definition.chain !== chain || definition.source !== source || definition.commitment !== commitment) {
      throw new PipelineError(
        'pipeline_invalid',
        `pipeline ${id} is of ${definition.chain}, ${definition.source}, ${definition.commitment}, not of ${chain}, ${source}, ${commitment}`,
      );
    }
    const pipeline = new RunningPipeline(definition, this, this.#dependencies);
    this.#pipelines.set(id, pipeline);
    this.#gauges.add(pipeline);
    return pipeline;
  }

  /** @throws PipelineError `pipeline_unknown` */
  get(id: string): RunningPipeline {
    const pipeline = this.#pipelines.get(id);
    if (pipeline === undefined) throw new PipelineError('pipeline_unknown', `there is no pipeline ${id}`);
    return pipeline;
  }

  /** Stops a pipeline and forgets it; what it has stored stays. @throws PipelineError `pipeline_unknown` */
  async remove(id: string): Promise<void> {
    const pipeline = this.get(id);
    await pipeline.stop();
    this.#pipelines.delete(id);
    this.#gauges.remove(pipeline);
    this.onOpenChanged();
    this.onRoomChanged();
  }

  onUpdate(update: SolanaUpdate, subscribers: readonly string[]): void {
    if (update.kind === 'account') this.#dependencies.accounts?.observe(update);
    for (let at = 0; at < subscribers.length; at++) this.#pipelines.get(subscribers[at]!)?.offer(update);
  }

  onSlot(update: SlotUpdate): void {
    for (const pipeline of this.#pipelines.values()) pipeline.onSlot(update);
  }

  onSettled(slot: number): void {
    for (const id of this.#served) this.#pipelines.get(id)?.onSettled(slot);
  }

  onGap(gap: SourceGap, subscribers: readonly string[]): void {
    for (const id of subscribers) this.#pipelines.get(id)?.onGap(gap);
  }

  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  whenRoom(listener: () => void): void {
    if (this.#hasRoom) listener();
    else this.#waiting.push(listener);
  }

  /**
   * Subscribes to what the pipelines want that are open. Where others are about to be, that waits for them; but one that has
   * left is taken out at once: what came for it until it is back would count as told.
   */
  onOpenChanged(): void {
    const hasLeft = this.#subscribed?.some(id => this.#pipelines.get(id)?.isOpen !== true) === true;
    if (hasLeft || !this.pipelines.some(pipeline => pipeline.isExpected)) this.#subscribe();
  }

  /** One that is paused holds up no other: the source is told at once. */
  onPauseChanged(): void {
    if (this.#subscribed !== undefined) this.#subscribe();
    this.onRoomChanged();
  }

  #subscribe(): void {
    const source = this.#source;
    if (source === undefined) return;
    const subscriptions = this.pipelines
      .filter(pipeline => pipeline.isOpen)
      .map(({ id, definition, checkpoint, isPaused }) => ({
        id,
        filter: definition.filter,
        since: checkpoint,
        isPaused,
      }));
    if (subscriptions.length === 0 && this.#subscribed === undefined) return;
    this.#subscribed = subscriptions.map(({ id }) => id);
    // Before it tells of settled slots, which it may at once.
    this.#served = subscriptions.filter(({ isPaused }) => !isPaused).map(({ id }) => id);
    source.subscribe(subscriptions);
  }

  onRoomChanged(): void {
    this.#hasRoom = true;
    for (const pipeline of this.#pipelines.values()) {
      if (!pipeline.hasRoom) this.#hasRoom = false;
    }
    if (!this.#hasRoom || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const listener of waiting) listener();
  }
}
