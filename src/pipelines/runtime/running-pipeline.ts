import type { SlotUpdate, SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Clock } from '../../clock/clock.ts';
import type { SourceGap } from '../../sources/source.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { PipelineError } from '../errors.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import { DeadLetterStore } from '../state/dead-letter-store.ts';
import { SpillLog } from '../state/spill-log.ts';
import type { StateStore } from '../state/state-store.ts';
import { messageOf } from '../thrown.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import { PipelineFigures } from './pipeline-figures.ts';
import { PipelineRun, type PipelineRunHost } from './pipeline-run.ts';
import { type PipelineEvent, type PipelineStateName, transitions } from './pipeline-state.ts';
import { type PipelineStatus, statusOf } from './pipeline-status.ts';
import { type ReplayResult, replayLetters } from './replay-letters.ts';
import { SampledLog } from './sampled-log.ts';

export interface PipelineDependencies {
  /** Where checkpoints, dead letters and what is spilled are kept; each pipeline has its own part of it. */
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** What a pipeline tells the runtime that it is part of. */
export interface PipelineHost {
  /** It was opened or stopped, so that the source's subscriptions change. */
  onOpenChanged(): void;
  /** `isPaused` is another one. */
  onPauseChanged(): void;
  /** `hasRoom` may be another one. */
  onRoomChanged(): void;
}

/** One pipeline as it is steered: opened, paused, stopped; with its state, its figures and what it keeps. */
export class RunningPipeline implements PipelineRunHost {
  readonly definition: PipelineDefinition;
  readonly figures: PipelineFigures;
  readonly deadLetters: DeadLetterStore;
  readonly #dependencies: Required<PipelineDependencies>;
  readonly #host: PipelineHost;
  readonly #spill: SpillLog;
  readonly #saver: CheckpointSaver;
  /** At `processed`: the newest slot of which anything was told. */
  readonly #told: CheckpointSaver;
  readonly #errors: SampledLog;
  #state: PipelineStateName = 'initializing';
  #error: string | undefined;
  #run: PipelineRun | undefined;
  #hasFailed = false;
  #opening: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(definition: PipelineDefinition, host: PipelineHost, dependencies: PipelineDependencies) {
    const { id, metricsLabel, buffer, maxDeadLetters } = definition;
    const { metrics, clock } = dependencies;
    const state = dependencies.state.within(`${id}/`);
    const log = dependencies.log.child({ pipeline: id });
    this.definition = definition;
    this.figures = new PipelineFigures(metricsLabel, buffer.overflowPolicy, metrics);
    this.deadLetters = new DeadLetterStore(
      { pipeline: id, metricsLabel, max: maxDeadLetters },
      { state, clock, log, metrics },
    );
    this.#dependencies = { random: Math.random, ...dependencies, state, log };
    this.#host = host;
    this.#spill = new SpillLog(
      { pipeline: id, maxBytes: buffer.maxSpillBytes, maxMemoryBytes: buffer.maxBytes / 4 },
      {
        state,
        clock,
        log,
        onWritten: () => this.#run?.onRoom(),
      },
    );
    this.#saver = new CheckpointSaver('checkpoint', () => this.#run?.ledger.checkpoint ?? -1, {
      state,
      clock,
      log,
    });
    this.#told = new CheckpointSaver('told', () => this.#run?.told ?? -1, { state, clock, log });
    this.#errors = new SampledLog(log, clock);
  }

  get id(): string {
    return this.definition.id;
  }

  get state(): PipelineStateName {
    return this.#state;
  }

  /** Whether it takes updates: they are handled or wait. */
  get isOpen(): boolean {
    return this.#state !== 'initializing' && this.#state !== 'shutdown';
  }

  /** Whether it takes nothing at present: the source leaves it out, and brings it what it missed when it goes on. */
  get isPaused(): boolean {
    return this.#state === 'paused' || this.#state === 'error';
  }

  /** Whether it has yet to be opened for the first time: false once that was tried, whatever came of it. */
  get isExpected(): boolean {
    return this.#state === 'initializing' && !this.#hasFailed;
  }

  /** The slot up to which everything is handled; undefined: none yet. */
  get checkpoint(): number | undefined {
    const slot = this.#run?.ledger.checkpoint ?? this.#saver.saved;
    return slot < 0 ? undefined : slot;
  }

  /** Whether the source may send more. */
  get hasRoom(): boolean {
    return !this.isOpen || this.isPaused || this.#run?.hasRoom !== false;
  }

  /** The checkpoint as it is stored; undefined: none yet. */
  get savedCheckpoint(): number | undefined {
    const { saved } = this.#saver;
    return saved < 0 ? undefined : saved;
  }

  /** Updates and values that wait. */
  get queueDepth(): number {
    return this.#run?.queueDepth ?? 0;
  }

  /** Bytes of updates that wait in memory, in one form or another; estimated. */
  get queueBytes(): number {
    return this.#run?.queueBytes ?? 0;
  }

  /** Slots between the newest that was seen and the checkpoint. */
  get slotLag(): number {
    const checkpoint = this.checkpoint;
    return checkpoint === undefined ? 0 : Math.max(0, (this.#run?.slot ?? 0) - checkpoint);
  }

  /** Bytes of updates that wait in the store. */
  get spillBytes(): number {
    return this.#spill.bytes;
  }

  /**
   * Reads what is stored and opens the handlers; then it takes updates. Nothing happens where it is open.
   * @throws StorageError the state cannot be read; what a handler's `open` throws
   */
  open(): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    this.#opening ??= this.#open().then(
      () => {
        this.#opening = undefined;
        this.#hasFailed = false;
        this.#host.onOpenChanged();
      },
      (error: unknown) => {
        this.#opening = undefined;
        this.#hasFailed = true;
        this.#error = `it cannot start: ${messageOf(error)}`;
        this.#errors.warn('a pipeline cannot start', { error: messageOf(error) });
        // Others of its source need not wait for it.
        this.#host.onOpenChanged();
        throw error;
      },
    );
    return this.#opening;
  }

  /** Takes no more updates, waits for what was taken as long as `drainTimeoutMs`, stores the checkpoint, closes handlers. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Takes no updates, and handles none of those that wait. @throws PipelineError `pipeline_refused` */
  pause(): void {
    this.#apply('pause');
  }

  /** Goes on after `pause`. @throws PipelineError `pipeline_refused` */
  resume(): void {
    this.#apply('resume');
  }

  /** Goes on after an error. @throws PipelineError `pipeline_refused` */
  reset(): void {
    this.#apply('reset');
  }

  /** Handlers begin anew with what they have in hand, from the first try. @throws PipelineError `pipeline_refused` */
  restart(): void {
    this.#apply('restart');
    this.#run?.restart();
  }

  /** Takes an update of the source. */
  offer(update: SolanaUpdate): void {
    if (this.isOpen) this.#run?.offer(update);
  }

  /** Takes what became of a slot. */
  onSlot(update: SlotUpdate): void {
    if (this.isOpen) this.#run?.onSlot(update);
  }

  onSettled(slot: number): void {
    if (this.isOpen) this.#run?.onSettled(slot);
  }

  onGap(gap: SourceGap): void {
    if (this.isOpen) this.#run?.onGap(gap);
  }

  /** Gives dead letters to their handlers again; without `ids`, all of them. */
  replay(ids: readonly number[] = this.deadLetters.ids): Promise<ReplayResult> {
    const { clock } = this.#dependencies;
    return replayLetters(ids, this.definition, { deadLetters: this.deadLetters, clock });
  }

  status(): PipelineStatus {
    return statusOf(this.definition, this.figures, {
      state: this.#state,
      error: this.#error,
      checkpoint: this.checkpoint,
      savedCheckpoint: this.savedCheckpoint,
      slot: this.#run?.slot ?? 0,
      slotLag: this.slotLag,
      deadLetters: this.deadLetters.size,
      queueDepth: this.queueDepth,
      active: this.#run?.active ?? 0,
    });
  }

  onProgress(): void {
    if ((this.#run?.ledger.settled ?? -1) > this.#saver.saved) this.#saver.touch();
  }

  onTold(): void {
    this.#told.touch();
  }

  onRoomChanged(): void {
    this.#host.onRoomChanged();
  }

  onUnreadable(message: string): void {
    if (!this.isOpen) return;
    this.#apply('fail');
    this.#error = message;
    this.#dependencies.log.error(message, { code: 'parser_failed' });
  }

  onHandlerError(message: string): void {
    this.#error = message;
  }

  async #open(): Promise<void> {
    await this.#stopping;
    if (this.#state === 'shutdown') this.#apply('start');
    const { id, chain, handlers, commitment, startAfter = -1 } = this.definition;
    const { clock, random, log } = this.#dependencies;
    const stored = await this.#saver.load();
    const since = stored < 0 ? startAfter : stored;
    const told = await this.#told.load();
    await this.deadLetters.open();
    await this.#spill.open();
    const checkpoint = since < 0 ? undefined : since;
    for (const handler of handlers) await handler.open?.({ pipeline: id, chain, checkpoint });
    this.#run = new PipelineRun(this.definition, since, this, {
      clock,
      random,
      log,
      figures: this.figures,
      errors: this.#errors,
      deadLetters: this.deadLetters,
      spill: this.#spill,
    });
    this.#apply('opened');
    if (commitment === 'processed' && told > since) this.#run.doubt(since + 1, told);
  }

  async #stop(): Promise<void> {
    if (this.#opening !== undefined) await this.#opening.catch(() => {});
    if (this.#state === 'shutdown') return;
    const run = this.#run;
    const wasRunning = this.#state === 'running';
    this.#apply('stop');
    this.#host.onOpenChanged();
    if (run !== undefined) {
      // What waits of a pipeline that is paused is left to the next start.
      run.isReading = wasRunning;
      await run.drain(this.definition.drainTimeoutMs);
      await run.end();
      await this.#saver.flush();
      await this.#told.flush();
      this.#run = undefined;
    }
    for (const handler of this.definition.handlers) {
      try {
        await handler.close?.();
      } catch (error) {
        this.#errors.warn('a handler could not close', { handler: handler.id, error: messageOf(error) });
      }
    }
    this.#host.onRoomChanged();
  }

  #apply(event: PipelineEvent): void {
    const before = this.#state;
    const next = transitions[before][event];
    if (next === undefined)
      throw new PipelineError('pipeline_refused', `${event} is not for a pipeline that is in ${before}`);
    this.#state = next;
    if (before !== next) this.#dependencies.log.info(`pipeline ${this.id}: ${before} → ${next}`);
    if (next === 'running' && before !== 'paused') this.#error = undefined;
    if (this.#run !== undefined) this.#run.isReading = next === 'running';
    const waits = (state: PipelineStateName) => state === 'paused' || state === 'error';
    if (waits(before) !== waits(next) && next !== 'shutdown') this.#host.onPauseChanged();
  }
}
