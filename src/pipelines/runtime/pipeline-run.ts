import type { SlotUpdate, SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Clock } from '../../clock/clock.ts';
import type { SourceGap } from '../../sources/source.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import type { DeadLetterStore } from '../state/dead-letter-store.ts';
import type { QueuedInput, SpillLog } from '../state/spill-log.ts';
import { codeOf, messageOf, pipelineErrorOf } from '../thrown.ts';
import { Dispatcher, type DispatcherHost } from './dispatcher.ts';
import { GapTeller } from './gap-teller.ts';
import { HeldUpdates } from './held-updates.ts';
import { InputBuffer, type InputBufferHost } from './input-buffer.ts';
import { ParserPool } from './parser-pool.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
import type { ParsedUpdate } from './read-update.ts';
import { Retractions } from './retractions.ts';
import type { SampledLog } from './sampled-log.ts';
import { SlotLedger } from './slot-ledger.ts';
import { ValueIntake, type ValueIntakeHost } from './value-intake.ts';

/** What the way through a pipeline tells the pipeline. */
export interface PipelineRunHost {
  /** The checkpoint may have moved. */
  onProgress(): void;
  /** `hasRoom` is another one. */
  onRoomChanged(): void;
  /** `told` has grown. */
  onTold(): void;
  /** The parser failed too often in a row. */
  onUnreadable(message: string): void;
  /** A handler failed; in words without secrets. */
  onHandlerError(message: string): void;
}

export interface PipelineRunDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly figures: PipelineFigures;
  readonly errors: SampledLog;
  readonly deadLetters: DeadLetterStore;
  readonly spill: SpillLog;
}

/** Updates that are read in one turn of the event loop at most. */
const turnInputs = 500;
const spillRetryMs = 1_000;

/** The way of updates through a pipeline from one opening to the next stop: buffer, parser, handlers, and what of it is done. */
export class PipelineRun implements ValueIntakeHost, DispatcherHost, InputBufferHost {
  readonly ledger: SlotLedger;
  readonly held = new HeldUpdates();
  readonly figures: PipelineFigures;
  readonly #definition: PipelineDefinition;
  readonly #host: PipelineRunHost;
  readonly #dependencies: PipelineRunDependencies;
  readonly #since: number;
  readonly #buffer: InputBuffer;
  readonly #intake: ValueIntake;
  readonly #pool: ParserPool | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #gaps: GapTeller;
  readonly #retractions: Retractions | undefined;
  /** Abandoned slots with values that handlers still have in hand. */
  readonly #dying = new Set<number>();
  #hadRoom = true;
  #isReading = false;
  #isPumping = false;
  #isPumpScheduled = false;
  #isOver = false;
  #slot = 0;
  #told = -1;
  #onIdle: (() => void) | undefined;

  /** @param since updates of slots up to this one were handled before; -1: none */
  constructor(
    definition: PipelineDefinition,
    since: number,
    host: PipelineRunHost,
    dependencies: PipelineRunDependencies,
  ) {
    const { figures, clock, random, log, spill } = dependencies;
    const { id: pipeline, chain, handlers, retry, buffer, filter, commitment, maxRetractable } = definition;
    this.ledger = new SlotLedger(since);
    this.figures = figures;
    this.#definition = definition;
    this.#host = host;
    this.#dependencies = dependencies;
    this.#since = since;
    this.#buffer = new InputBuffer(buffer, spill, this);
    this.#intake = new ValueIntake(definition, this, dependencies);
    this.#dispatcher = new Dispatcher(definition, this, dependencies);
    this.#gaps = new GapTeller({ pipeline, chain, handlers, retry }, this, { clock, random, log });
    this.#pool = this.#newPool();
    // That a slot died is what readers of slots are told themselves.
    const isRetractable = commitment === 'processed' && filter.kind !== 'slot';
    this.#retractions = isRetractable ? new Retractions(maxRetractable) : undefined;
  }

  /** The newest slot that was seen; 0: none. */
  get slot(): number {
    return this.#slot;
  }

  /** At `processed`, the newest slot of which anything was told; -1: none. */
  get told(): number {
    return this.#told;
  }

  get hasRoom(): boolean {
    return this.#buffer.hasRoom;
  }

  /** Updates and values that wait. */
  get queueDepth(): number {
    return this.#buffer.length + (this.#pool?.length ?? 0) + this.#dispatcher.waiting;
  }

  /** Bytes of updates that wait in memory, in one form or another; estimated. */
  get queueBytes(): number {
    return this.#buffer.bytes + this.bytesBehind;
  }

  get bytesBehind(): number {
    return this.held.bytes + (this.#pool?.bytes ?? 0);
  }

  /** Values, or batches, that handlers have in hand. */
  get active(): number {
    return this.#dispatcher.active;
  }

  /** Whether updates are read; those that come while they are not wait. */
  set isReading(isReading: boolean) {
    this.#isReading = isReading;
    if (isReading) this.#pump();
  }

  /** Takes an update of the source. */
  offer(update: SolanaUpdate): void {
    const { slot } = update;
    this.figures.received.inc();
    // What becomes of a slot is told long after it is settled.
    if (slot <= this.#since && update.kind !== 'slot') {
      this.figures.skipped.inc();
      return;
    }
    if (slot > this.#slot) this.#slot = slot;
    const now = this.#dependencies.clock.now();
    if (this.#mayPass && this.#buffer.isEmpty && this.#hasCapacity) {
      this.#read(update, now);
      return;
    }
    // Before the buffer sees it: it may be told of as dropped.
    this.ledger.begin(slot);
    if (!this.#buffer.push(update, now)) this.ledger.end(slot);
    this.onRoom();
    if (this.#pool !== undefined) this.#schedulePump();
  }

  /** Takes what became of a slot. */
  onSlot({ slot, status }: SlotUpdate): void {
    if (slot > this.#slot) this.#slot = slot;
    if (status !== 'dead' || this.#retractions === undefined) return;
    this.#dying.add(slot);
    this.#retract();
  }

  onSettled(slot: number): void {
    this.ledger.settle(slot);
    if (slot > this.#slot) this.#slot = slot;
    this.#retractions?.settle(slot, this.#dying);
    this.#host.onProgress();
  }

  onGap(gap: SourceGap): void {
    this.#gaps.tell(gap);
  }

  /** Tells that what was told of these slots before a restart cannot be taken back any more. */
  doubt(fromSlot: number, toSlot: number): void {
    const message = `values of slots ${fromSlot} to ${toSlot} were told before a restart: those that do not come again did not happen`;
    this.#gaps.tellNotRetractable(fromSlot, toSlot, message);
  }

  /** Has the handlers begin anew with what they have in hand. */
  restart(): void {
    this.#dispatcher.restart();
  }

  /** Waits until everything in memory is handled, or the time is over. */
  drain(timeoutMs: number): Promise<void> {
    const { clock } = this.#dependencies;
    this.#gaps.flush();
    this.#dispatcher.flush();
    this.#pump();
    return new Promise(resolve => {
      const timer = clock.setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        this.#onIdle = undefined;
        clock.clearTimeout(timer);
        resolve();
      };
      this.#checkIdle();
    });
  }

  /** Ends everything at once; what was not done comes again after the next start. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#isReading = false;
    this.#onIdle = undefined;
    this.#gaps.cancel();
    this.#dispatcher.cancel();
    this.#buffer.clear();
    this.held.clear();
    await this.#pool?.close();
  }

  onItem(item: PipelineItem, arrivedAt: number, orderKey: string): void {
    if (this.#retractions !== undefined) {
      this.#retractions.add(item);
      if (item.origin.slot > this.#told) {
        this.#told = item.origin.slot;
        this.#host.onTold();
      }
    }
    this.#dispatcher.accept(item, arrivedAt, orderKey);
  }

  onUnreadable(message: string): void {
    this.#host.onUnreadable(message);
  }

  onAttemptFailed(handler: Handler, error: unknown): void {
    const code = pipelineErrorOf(error)?.code ?? 'handler_failed';
    const message = messageOf(error);
    this.figures.onHandlerError(code);
    this.#dependencies.errors.warn('a handler failed', { handler: handler.id, code, error: message });
    this.#host.onHandlerError(`${handler.id}: ${message}`);
  }

  async bury(
    items: readonly PipelineItem[],
    handler: Handler,
    error: unknown,
    attempts: number,
    isGap = false,
  ): Promise<void> {
    const told = { code: codeOf(error) ?? 'handler_failed', message: messageOf(error) };
    const letters = items.map(item => ({ item, handler: handler.id, error: told, attempts, isGap }));
    await this.#dependencies.deadLetters.add(letters);
    this.figures.deadLettered.inc(items.length);
  }

  onFree(): void {
    if (this.#isOver) return;
    if (this.#dying.size > 0) this.#retract();
    this.#pump();
    this.#host.onProgress();
    this.#checkIdle();
  }

  onDropped({ slot }: SolanaUpdate, wasTaken: boolean): void {
    this.figures.dropped.inc();
    this.#gaps.drop(slot);
    if (wasTaken) this.ledger.end(slot);
  }

  onSpilled(): void {
    this.figures.spilled.inc();
  }

  onRefilled(): void {
    this.#pump();
    this.onRoom();
  }

  /** Tells when there is no room any more, or room again. */
  onRoom(): void {
    const { hasRoom } = this.#buffer;
    if (hasRoom === this.#hadRoom) return;
    this.#hadRoom = hasRoom;
    this.#host.onRoomChanged();
  }

  onSpillFailed(error: unknown): void {
    const { errors, clock } = this.#dependencies;
    errors.warn('what was spilled cannot be read; it is tried again', { error: messageOf(error) });
    clock.setTimeout(() => this.#pump(), spillRetryMs);
  }

  /** Whether an update may be read at once where nothing waits. */
  get #mayPass(): boolean {
    return this.#isReading && !this.#isPumping && this.#pool === undefined;
  }

  /** Whether handlers can take more. */
  get #hasCapacity(): boolean {
    return this.#dispatcher.hasCapacity && this.bytesBehind < this.#definition.buffer.maxBytes;
  }

  #read(update: SolanaUpdate, arrivedAt: number, bytes?: number): void {
    this.held.begin(update, bytes);
    this.#intake.read(update, arrivedAt);
    this.held.end();
  }

  /** Reads what waits, as long as the handlers can take it. */
  #pump(): void {
    if (this.#isPumping || !this.#isReading) return;
    this.#isPumping = true;
    let left = turnInputs;
    while (this.#isReading && this.#hasCapacity && this.#pool?.hasRoom !== false) {
      if (left-- === 0) {
        this.#schedulePump();
        break;
      }
      const input = this.#buffer.shift();
      if (input === undefined) break;
      if (this.#pool === undefined) {
        this.#read(input.update, input.arrivedAt, input.bytes);
        this.ledger.end(input.update.slot);
      } else this.#pool.submit(input, () => this.#buffer.shift());
    }
    this.#isPumping = false;
    if (left < turnInputs) {
      // Slots may be free of work that no handler had to do.
      if (this.#dying.size > 0) this.#retract();
      this.#host.onProgress();
    }
    this.onRoom();
    this.#checkIdle();
  }

  /** Updates of one turn of the event loop go to the threads together. */
  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    setImmediate(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #onParsed(inputs: readonly QueuedInput[], parsed: readonly ParsedUpdate[]): void {
    this.#isPumping = true;
    for (let at = 0; at < inputs.length; at++) {
      const { update, arrivedAt, bytes } = inputs[at]!;
      this.held.begin(update, bytes);
      this.#intake.take(update, arrivedAt, parsed[at]!);
      this.held.end();
      this.ledger.end(update.slot);
    }
    this.#isPumping = false;
    this.onFree();
  }

  /** Takes back what was told of abandoned slots, once the handlers are done with telling it. */
  #retract(): void {
    for (const slot of this.#dying) {
      if (this.ledger.isOpen(slot)) continue;
      this.#dying.delete(slot);
      const { items, isWhole } = this.#retractions!.take(slot);
      if (!isWhole) {
        const message = `slot ${slot} was abandoned, but what was told of it is not known any more: too much was told since`;
        this.#gaps.tellNotRetractable(slot, slot, message);
      }
      if (items.length === 0) continue;
      this.figures.retracted.inc(items.length);
      this.#dispatcher.acceptInOrder(items, this.#dependencies.clock.now());
    }
  }

  #checkIdle(): void {
    if (this.#onIdle === undefined || !this.#gaps.isIdle) return;
    if (!this.#dispatcher.isIdle) {
      // No more will come to fill a batch.
      this.#dispatcher.flush();
      return;
    }
    if (this.#isReading && this.#buffer.queued > 0) return;
    if ((this.#pool?.length ?? 0) === 0) this.#onIdle();
  }

  #newPool(): ParserPool | undefined {
    const { parseThreads: threads, parseTimeoutMs: timeoutMs, parserModule: module } = this.#definition;
    if (threads === 0 || module === undefined) return undefined;
    return new ParserPool(
      { threads, timeoutMs, module, selection: this.#intake.selection },
      {
        clock: this.#dependencies.clock,
        onParsed: (inputs, parsed) => this.#onParsed(inputs, parsed),
      },
    );
  }
}
