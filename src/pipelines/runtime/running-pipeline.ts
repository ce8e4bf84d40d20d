import type { SlotUpdate, SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Clock } from '../../clock/clock.ts';
import type { SourceGap } from '../../sources/source.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { PipelineError } from '../errors.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import { DeadLetterStore } from '../state/dead-letter-store.ts';
import { SpillLog } from '../state/spill-log.ts';
import type { StateStore } from '../state/state-store.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import { Dispatcher, type DispatcherHost } from './dispatcher.ts';
import { GapTeller } from './gap-teller.ts';
import { InputBuffer, type InputBufferHost } from './input-buffer.ts';
import { ItemOrigin } from './item-origin.ts';
import { PipelineFigures } from './pipeline-figures.ts';
import { type PipelineEvent, type PipelineStateName, transitions } from './pipeline-state.ts';
import type { PipelineStatus } from './pipeline-status.ts';
import { messageOf, type ParseSink, readUpdate, type Selection, selectionOf } from './read-update.ts';
import { Retractions } from './retractions.ts';
import { SampledLog } from './sampled-log.ts';
import { SlotLedger } from './slot-ledger.ts';

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
  /** `hasRoom` may be another one. */
  onRoomChanged(): void;
}

/** Updates that are read in one turn of the event loop at most. */
const turnInputs = 500;

/** One pipeline at work: updates in, values out to the handlers, and a checkpoint behind them. */
export class RunningPipeline implements ParseSink, DispatcherHost, InputBufferHost {
  readonly definition: PipelineDefinition;
  readonly figures: PipelineFigures;
  readonly deadLetters: DeadLetterStore;
  readonly #dependencies: Required<PipelineDependencies>;
  readonly #selection: Selection;
  readonly #spill: SpillLog;
  readonly #buffer: InputBuffer;
  readonly #saver: CheckpointSaver;
  readonly #errors: SampledLog;
  #host: PipelineHost | undefined;
  #ledger = new SlotLedger();
  #dispatcher: Dispatcher;
  #gaps: GapTeller;
  #retractions: Retractions | undefined;
  /** Abandoned slots with values that handlers still have in hand. */
  readonly #dying = new Set<number>();
  #state: PipelineStateName = 'initializing';
  #isRunning = false;
  #error: string | undefined;
  #since = -1;
  #slot = 0;
  #parseErrorsInRow = 0;
  #isPumping = false;
  #opening: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  /** Of the update that is being read. */
  #update!: SolanaUpdate;
  #arrivedAt = 0;

  constructor(definition: PipelineDefinition, dependencies: PipelineDependencies) {
    const { id, buffer, filter, orderBy, concurrency, maxDeadLetters } = definition;
    const state = dependencies.state.within(`${id}/`);
    const log = dependencies.log.child({ pipeline: id });
    this.definition = definition;
    this.#dependencies = { random: Math.random, ...dependencies, state, log };
    const { metrics, clock } = dependencies;
    this.figures = new PipelineFigures(id, buffer.overflowPolicy, metrics);
    this.#selection = selectionOf(filter, concurrency > 1 ? orderBy : 'none');
    this.deadLetters = new DeadLetterStore(
      { pipeline: id, max: maxDeadLetters },
      { state, clock, log, metrics },
    );
    this.#spill = new SpillLog({ pipeline: id, maxBytes: buffer.maxSpillBytes }, { state, clock, log });
    this.#buffer = new InputBuffer(buffer, this.#spill, this);
    this.#saver = new CheckpointSaver(() => this.#ledger.checkpoint, { state, clock, log });
    this.#errors = new SampledLog(log, clock);
    this.#dispatcher = this.#newDispatcher();
    this.#gaps = this.#newGaps();
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

  /** The slot up to which everything is handled; undefined: none yet. */
  get checkpoint(): number | undefined {
    const slot = this.#ledger.checkpoint;
    return slot < 0 ? undefined : slot;
  }

  get ledger(): SlotLedger {
    return this.#ledger;
  }

  get hasRoom(): boolean {
    return !this.isOpen || this.#buffer.hasRoom;
  }

  /** Names the runtime that it is part of. */
  attach(host: PipelineHost | undefined): void {
    this.#host = host;
  }

  /**
   * Reads what is stored and opens the handlers; then it takes updates. Nothing happens where it is open.
   * @throws StorageError the state cannot be read; what a handler's `open` throws
   */
  open(): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Takes no more updates, waits for what was taken as long as `drainTimeoutMs`, stores the checkpoint, closes handlers. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Takes updates without handling them. @throws PipelineError `pipeline_refused` */
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
    this.#dispatcher.restart();
  }

  /** Takes an update of the source. */
  offer(update: SolanaUpdate): void {
    if (!this.isOpen) return;
    const { figures } = this;
    figures.received.inc();
    const { slot } = update;
    // What becomes of a slot is told long after it is settled.
    if (slot <= this.#since && update.kind !== 'slot') {
      figures.skipped.inc();
      return;
    }
    if (slot > this.#slot) this.#slot = slot;
    const now = this.#dependencies.clock.now();
    if (this.#isRunning && !this.#isPumping && this.#buffer.isEmpty && this.#dispatcher.hasCapacity) {
      this.#read(update, now);
      return;
    }
    const hadRoom = this.#buffer.hasRoom;
    // Before the buffer sees it: it may be told of as dropped.
    this.#ledger.begin(slot);
    if (!this.#buffer.push(update, now)) this.#ledger.end(slot);
    if (hadRoom !== this.#buffer.hasRoom) this.#host?.onRoomChanged();
  }

  /** Takes what became of a slot. */
  onSlot({ slot, status }: SlotUpdate): void {
    if (slot > this.#slot) this.#slot = slot;
    if (status !== 'dead' || this.#retractions === undefined) return;
    this.#dying.add(slot);
    this.#retract();
  }

  onSettled(slot: number): void {
    if (!this.isOpen) return;
    this.#ledger.settle(slot);
    if (slot > this.#slot) this.#slot = slot;
    this.#retractions?.settle(slot);
    this.#saver.touch();
  }

  onGap(gap: SourceGap): void {
    if (this.isOpen) this.#gaps.tell(gap);
  }

  status(): PipelineStatus {
    const { id, chain, source, commitment, filter, parser, handlers, mode } = this.definition;
    const { figures } = this;
    const saved = this.#saver.saved;
    return {
      id,
      chain,
      source,
      commitment,
      kind: filter.kind,
      parser: parser.id,
      handlers: handlers.map(handler => handler.id),
      mode,
      state: this.#state,
      error: this.#error,
      checkpoint: this.checkpoint,
      savedCheckpoint: saved < 0 ? undefined : saved,
      slot: this.#slot,
      slotLag: this.slotLag,
      received: figures.received.value,
      skipped: figures.skipped.value,
      filtered: figures.filtered.value,
      parsed: figures.parsed.value,
      parseErrors: figures.parseErrors.value,
      handled: figures.handled.value,
      handlerErrors: figures.handlerErrors,
      retries: figures.retries.value,
      deadLettered: figures.deadLettered.value,
      deadLetters: this.deadLetters.size,
      dropped: figures.dropped.value,
      spilled: figures.spilled.value,
      gaps: figures.gaps.value,
      retracted: figures.retracted.value,
      queueDepth: this.queueDepth,
      active: this.#dispatcher.active,
      latencyMs: figures.latencyMs,
    };
  }

  /** Updates and values that wait. */
  get queueDepth(): number {
    return this.#buffer.length + this.#dispatcher.waiting;
  }

  /** Slots between the newest that was seen and the checkpoint. */
  get slotLag(): number {
    return this.checkpoint === undefined ? 0 : Math.max(0, this.#slot - this.checkpoint);
  }

  get spillBytes(): number {
    return this.#spill.bytes;
  }

  onValue(value: unknown, path: readonly number[] | undefined, ordinal: number, orderKey: string): void {
    this.#parseErrorsInRow = 0;
    this.figures.parsed.inc();
    const { id, chain } = this.definition;
    const item = { pipeline: id, value, origin: new ItemOrigin(chain, this.#update, path, ordinal) };
    this.#retractions?.add(item);
    this.#dispatcher.accept(item, this.#arrivedAt, orderKey);
  }

  onFiltered(): void {
    this.figures.filtered.inc();
  }

  onParseError(message: string): void {
    this.figures.parseErrors.inc();
    const { parser, maxParseErrors } = this.definition;
    this.#errors.warn('the parser could not read an update', {
      parser: parser.id,
      slot: this.#update.slot,
      kind: this.#update.kind,
      error: message,
    });
    if (++this.#parseErrorsInRow !== maxParseErrors) return;
    this.#parseErrorsInRow = 0;
    this.#fail(`the parser failed on ${maxParseErrors} updates in a row: ${message}`);
  }

  onAttemptFailed(handler: Handler, error: unknown): void {
    const code = error instanceof PipelineError ? error.code : 'handler_failed';
    this.figures.onHandlerError(code);
    this.#error = `${handler.id}: ${messageOf(error)}`;
    this.#errors.warn('a handler failed', { handler: handler.id, code, error: messageOf(error) });
  }

  async bury(
    items: readonly PipelineItem[],
    handler: Handler,
    error: unknown,
    attempts: number,
  ): Promise<void> {
    const code = (error as { readonly code?: unknown } | undefined)?.code;
    const told = { code: typeof code === 'string' ? code : 'handler_failed', message: messageOf(error) };
    await this.deadLetters.add(items.map(item => ({ item, handler: handler.id, error: told, attempts })));
    this.figures.deadLettered.inc(items.length);
  }

  onFree(): void {
    if (this.#dying.size > 0) this.#retract();
    this.#pump();
    if (this.#ledger.settled > this.#saver.saved) this.#saver.touch();
    this.#checkIdle();
  }

  onDropped({ slot }: SolanaUpdate, wasTaken: boolean): void {
    this.figures.dropped.inc();
    this.#gaps.drop(slot);
    if (wasTaken) this.#ledger.end(slot);
  }

  onSpilled(): void {
    this.figures.spilled.inc();
  }

  onRefilled(): void {
    this.#pump();
  }

  onSpillFailed(error: unknown): void {
    this.#errors.warn('what was spilled cannot be read; it is tried again', { error: messageOf(error) });
    this.#dependencies.clock.setTimeout(() => this.#pump(), 1_000);
  }

  async #open(): Promise<void> {
    await this.#stopping;
    if (this.#state === 'shutdown') this.#apply('start');
    const { id, chain, handlers, commitment, maxRetractable } = this.definition;
    this.#since = await this.#saver.load();
    await this.deadLetters.open();
    await this.#spill.open();
    const checkpoint = this.#since < 0 ? undefined : this.#since;
    for (const handler of handlers) await handler.open?.({ pipeline: id, chain, checkpoint });
    this.#ledger = new SlotLedger(this.#since);
    this.#dispatcher = this.#newDispatcher();
    this.#gaps = this.#newGaps();
    this.#retractions = commitment === 'processed' ? new Retractions(maxRetractable) : undefined;
    this.#dying.clear();
    this.#buffer.clear();
    this.#apply('opened');
    this.#host?.onOpenChanged();
  }

  async #stop(): Promise<void> {
    await this.#opening?.catch(() => {});
    if (this.#state === 'shutdown') return;
    const wasRunning = this.#isRunning;
    const wasOpen = this.isOpen;
    this.#apply('stop');
    this.#host?.onOpenChanged();
    if (wasOpen) {
      await this.#drain(wasRunning);
      this.#isRunning = false;
      this.#gaps.cancel();
      this.#dispatcher.cancel();
      this.#buffer.clear();
      await this.#saver.flush();
    }
    for (const handler of this.definition.handlers) {
      try {
        await handler.close?.();
      } catch (error) {
        this.#errors.warn('a handler could not close', { handler: handler.id, error: messageOf(error) });
      }
    }
  }

  /** Waits until everything in memory is handled, or the time is over. */
  #drain(isReading: boolean): Promise<void> {
    const { clock } = this.#dependencies;
    // `#apply` has stopped the pump.
    this.#isRunning = isReading;
    this.#gaps.flush();
    this.#dispatcher.flush();
    this.#pump();
    return new Promise(resolve => {
      const timer = clock.setTimeout(resolve, this.definition.drainTimeoutMs);
      this.#onIdle = () => {
        this.#onIdle = undefined;
        clock.clearTimeout(timer);
        resolve();
      };
      this.#checkIdle();
    });
  }

  #checkIdle(): void {
    if (this.#onIdle === undefined || !this.#gaps.isIdle) return;
    if (!this.#dispatcher.isIdle) {
      // No more will come to fill a batch.
      this.#dispatcher.flush();
      return;
    }
    if (!this.#isRunning || this.#buffer.queued === 0) this.#onIdle();
  }

  #apply(event: PipelineEvent): void {
    const next = transitions[this.#state][event];
    if (next === undefined) {
      throw new PipelineError('pipeline_refused', `${event} is not for a pipeline that is in ${this.#state}`);
    }
    const before = this.#state;
    this.#state = next;
    this.#isRunning = next === 'running';
    if (before !== next) this.#dependencies.log.info(`pipeline ${this.id}: ${before} → ${next}`);
    if (next === 'running') {
      if (before !== 'paused') this.#error = undefined;
      this.#pump();
    }
  }

  #fail(message: string): void {
    if (!this.isOpen) return;
    this.#apply('fail');
    this.#error = message;
    this.#dependencies.log.error(`pipeline ${this.id} waits to be looked at: ${message}`, {
      code: 'parser_failed',
    });
  }

  #read(update: SolanaUpdate, arrivedAt: number): void {
    this.#update = update;
    this.#arrivedAt = arrivedAt;
    readUpdate(this.definition.parser, this.#selection, update, this);
  }

  /** Reads what waits, as long as the handlers can take it. */
  #pump(): void {
    if (this.#isPumping || !this.#isRunning) return;
    const hadRoom = this.#buffer.hasRoom;
    this.#isPumping = true;
    let left = turnInputs;
    while (this.#isRunning && this.#dispatcher.hasCapacity) {
      if (left-- === 0) {
        setImmediate(() => this.#pump());
        break;
      }
      const input = this.#buffer.shift();
      if (input === undefined) break;
      this.#read(input.update, input.arrivedAt);
      this.#ledger.end(input.update.slot);
    }
    this.#isPumping = false;
    if (left < turnInputs) this.#saver.touch();
    if (!hadRoom && this.#buffer.hasRoom) this.#host?.onRoomChanged();
    this.#checkIdle();
  }

  /** Takes back what was told of abandoned slots, once the handlers are done with telling it. */
  #retract(): void {
    for (const slot of this.#dying) {
      if (this.#ledger.isOpen(slot)) continue;
      this.#dying.delete(slot);
      const { items, isWhole } = this.#retractions!.take(slot);
      if (!isWhole) this.#gaps.tellNotRetractable(slot);
      if (items.length === 0) continue;
      this.figures.retracted.inc(items.length);
      this.#dispatcher.acceptInOrder(items, this.#dependencies.clock.now());
    }
  }

  #newDispatcher(): Dispatcher {
    return new Dispatcher(this.definition, this, this.#dependencies);
  }

  #newGaps(): GapTeller {
    const { id: pipeline, handlers, retry } = this.definition;
    const { clock, random, log } = this.#dependencies;
    return new GapTeller(
      { pipeline, handlers, retry },
      { ledger: this.#ledger, figures: this.figures, clock, random, log, onTold: () => this.onFree() },
    );
  }
}
