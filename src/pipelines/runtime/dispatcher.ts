import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { DeadlineWheel } from '../../clock/deadline-wheel.ts';
import { acceptsItem } from '../handlers/accepts-item.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import { promiseOf } from '../promised.ts';
import { pipelineErrorOf } from '../thrown.ts';
import { Delivery, type DeliveryHost, type DeliveryTask } from './delivery.ts';
import { Fifo } from './fifo.ts';
import type { HeldUpdates } from './held-updates.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
import { retryDelay } from './retry-delay.ts';
import type { SlotLedger } from './slot-ledger.ts';

/** What a dispatcher needs of its pipeline. */
export interface DispatcherHost {
  readonly ledger: SlotLedger;
  readonly held: HeldUpdates;
  readonly figures: PipelineFigures;
  /** Keeps items as dead letters; resolves once they are stored. */
  bury(items: readonly PipelineItem[], handler: Handler, error: unknown, attempts: number): Promise<void>;
  onAttemptFailed(handler: Handler, error: unknown): void;
  /** Values are done with, so that there may be room for others. */
  onFree(): void;
}

type DispatcherDefinition = Pick<
  PipelineDefinition,
  'handlers' | 'mode' | 'concurrency' | 'orderBy' | 'retry' | 'buffer'
>;

/** Values of busy keys that are held back at most, before nothing more is taken. */
const maxParked = 1_024;

/** Hands values to handlers: as many at once as may, in order where that is asked for, in batches where handlers take them. */
export class Dispatcher implements DeliveryHost {
  readonly isConditional: boolean;
  readonly #definition: DispatcherDefinition;
  readonly #handlers: readonly Handler[];
  readonly #isBatching: boolean;
  readonly #isKeyed: boolean;
  readonly #host: DispatcherHost;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #wheel: DeadlineWheel;
  readonly #running = new Set<Delivery>();
  readonly #ready = new Fifo<DeliveryTask>();
  /** By busy key: what waits behind. */
  readonly #lanes = new Map<string, Fifo<DeliveryTask>>();
  #parked = 0;
  #active = 0;
  #isStarting = false;
  #batch: { items: PipelineItem[]; arrivals: number[]; keys: string[] } = noBatch();
  #batchTimer: TimerHandle | undefined;
  #spare = new AbortController();

  constructor(
    definition: DispatcherDefinition,
    host: DispatcherHost,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ) {
    this.#definition = definition;
    this.#handlers = definition.handlers;
    this.isConditional = definition.mode === 'conditional';
    this.#isBatching =
      definition.buffer.batchSize > 1 &&
      definition.handlers.some(handler => handler.handleBatch !== undefined);
    this.#isKeyed = definition.orderBy !== 'none' && definition.concurrency > 1;
    this.#host = host;
    this.#clock = clock;
    this.#random = random;
    this.#wheel = new DeadlineWheel(clock);
  }

  /** Whether it should be given more. */
  get hasCapacity(): boolean {
    if (this.#ready.length > 0 || this.#parked >= maxParked) return false;
    if (this.#active < this.#definition.concurrency) return true;
    return this.#isBatching && this.#batch.items.length < this.#definition.buffer.batchSize;
  }

  /** Values that wait here, those with a handler left out. */
  get waiting(): number {
    return this.#ready.length + this.#parked + this.#batch.items.length;
  }

  /** Values, or batches, that handlers have. */
  get active(): number {
    return this.#active;
  }

  get isIdle(): boolean {
    return this.#active === 0 && this.waiting === 0;
  }

  /** Takes a value; it is handled before this returns where the handlers are free and need no time. */
  accept(item: PipelineItem, arrivedAt: number, orderKey: string): void {
    if (this.#isBatching) {
      this.#gather(item, arrivedAt, orderKey);
      return;
    }
    if (this.#isKeyed || this.#active >= this.#definition.concurrency || this.#ready.length > 0) {
      this.#begin(item);
      this.#enqueue(newTask([item], [arrivedAt], this.#isKeyed ? orderKey : ''));
      return;
    }
    if (this.#definition.mode === 'parallel') this.#callAll(item, arrivedAt);
    else this.#callInOrder(item, arrivedAt);
  }

  /** Takes values that are handled in their order, one call after the other, whatever else goes on. */
  acceptInOrder(items: readonly PipelineItem[], arrivedAt: number): void {
    for (const { origin } of items) this.#host.ledger.begin(origin.slot);
    this.flush();
    this.#enqueue(
      newTask(
        items,
        items.map(() => arrivedAt),
        '',
      ),
    );
  }

  /** Gives a batch away that is not full. */
  flush(): void {
    this.#clock.clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    const { items, arrivals, keys } = this.#batch;
    if (items.length === 0) return;
    this.#batch = noBatch();
    if (!this.#isKeyed) {
      this.#enqueue(newTask(items, arrivals, ''));
      return;
    }
    const byKey = new Map<string, { items: PipelineItem[]; arrivals: number[] }>();
    for (let at = 0; at < items.length; at++) {
      const key = keys[at]!;
      const group = byKey.get(key) ?? { items: [], arrivals: [] };
      byKey.set(key, group);
      group.items.push(items[at]!);
      group.arrivals.push(arrivals[at]!);
    }
    for (const [key, group] of byKey) this.#enqueue(newTask(group.items, group.arrivals, key));
  }

  /** Has the handlers begin anew with what they have. */
  restart(): void {
    for (const delivery of [...this.#running]) delivery.restart();
  }

  /** Ends everything at once; what was not done comes again after the next start. */
  cancel(): void {
    this.#clock.clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    for (const delivery of this.#running) delivery.cancel();
    this.#running.clear();
    this.#ready.clear();
    this.#lanes.clear();
    this.#batch = noBatch();
    this.#parked = 0;
    this.#active = 0;
  }

  arm(delivery: Delivery, delayMs: number): void {
    this.#wheel.add(delivery, delayMs, this.#clock.now());
  }

  disarm(delivery: Delivery): void {
    this.#wheel.remove(delivery);
  }

  delayAfter(error: unknown, attempts: number): number | undefined {
    const { retry } = this.#definition;
    if (attempts >= retry.attempts) return undefined;
    const failure = pipelineErrorOf(error);
    if (failure?.code === 'handler_refused') return undefined;
    const delayMs = retryDelay(retry, attempts, this.#random());
    const asked = failure?.details.retryAfterMs;
    return typeof asked === 'number' && asked > delayMs ? Math.min(asked, retry.maxDelayMs) : delayMs;
  }

  bury(items: readonly PipelineItem[], handler: Handler, error: unknown, attempts: number): Promise<void> {
    return this.#host.bury(items, handler, error, attempts);
  }

  onAttemptFailed(handler: Handler, error: unknown): void {
    this.#host.onAttemptFailed(handler, error);
  }

  onRetry(): void {
    this.#host.figures.retries.inc();
  }

  onDelivered(delivery: Delivery): void {
    this.#running.delete(delivery);
    const { task } = delivery;
    if (--task.open > 0) return;
    this.#active--;
    const { ledger, held, figures } = this.#host;
    const now = this.#clock.now();
    for (let at = 0; at < task.items.length; at++) {
      const item = task.items[at]!;
      if (task.buried?.has(item) !== true) figures.onHandled(now - task.arrivals[at]!);
      ledger.end(item.origin.slot);
      held.release(item);
    }
    this.#leaveLane(task.orderKey);
    this.#startReady();
    this.#host.onFree();
  }

  /** A value is not done at once. */
  #begin(item: PipelineItem): void {
    this.#host.ledger.begin(item.origin.slot);
    this.#host.held.hold(item);
  }

  #gather(item: PipelineItem, arrivedAt: number, orderKey: string): void {
    this.#begin(item);
    const batch = this.#batch;
    batch.items.push(item);
    batch.arrivals.push(arrivedAt);
    batch.keys.push(orderKey);
    const { batchSize, batchTimeoutMs } = this.#definition.buffer;
    if (batch.items.length >= batchSize) this.flush();
    else this.#batchTimer ??= this.#clock.setTimeout(() => this.flush(), batchTimeoutMs);
  }

  /** The way of most values: no object but the item, no promise. */
  #callInOrder(item: PipelineItem, arrivedAt: number): void {
    const handlers = this.#handlers;
    for (let at = 0; at < handlers.length; at++) {
      const handler = handlers[at]!;
      let result: unknown;
      try {
        if (this.isConditional && !acceptsItem(handler, item)) continue;
        result = handler.handle(item, this.#spare.signal);
      } catch (error) {
        this.#adopt(item, arrivedAt, at).adoptFailure(error);
        return;
      }
      const promise = promiseOf(result);
      if (promise !== undefined) {
        this.#adopt(item, arrivedAt, at).adopt(promise);
        return;
      }
    }
    this.#host.figures.onHandled(this.#clock.now() - arrivedAt);
  }

  #callAll(item: PipelineItem, arrivedAt: number): void {
    this.#begin(item);
    this.#start(newTask([item], [arrivedAt], ''));
  }

  /** A delivery for an item that the handler `at` has in hand. */
  #adopt(item: PipelineItem, arrivedAt: number, at: number): Delivery {
    this.#begin(item);
    this.#active++;
    const task = newTask([item], [arrivedAt], '');
    task.open = 1;
    const delivery = new Delivery(task, this.#handlers, this, at, this.#spare);
    this.#spare = new AbortController();
    this.#running.add(delivery);
    return delivery;
  }

  #enqueue(task: DeliveryTask): void {
    this.#ready.push(task);
    this.#startReady();
  }

  #startReady(): void {
    // Handlers that need no time come back here from within: one loop, not a stack of them.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#active < this.#definition.concurrency) {
      const task = this.#ready.shift();
      if (task === undefined) break;
      const lane = task.orderKey === '' || task.holdsLane ? undefined : this.#lanes.get(task.orderKey);
      if (lane === undefined) this.#start(task);
      else {
        lane.push(task);
        this.#parked++;
      }
    }
    this.#isStarting = false;
  }

  #start(task: DeliveryTask): void {
    this.#active++;
    if (task.orderKey !== '' && !task.holdsLane) this.#lanes.set(task.orderKey, new Fifo());
    const chains =
      this.#definition.mode === 'parallel' ? this.#handlers.map(handler => [handler]) : [this.#handlers];
    task.open = chains.length;
    const deliveries = chains.map(chain => new Delivery(task, chain, this));
    for (const delivery of deliveries) this.#running.add(delivery);
    for (const delivery of deliveries) delivery.run();
  }

  #leaveLane(key: string): void {
    if (key === '') return;
    const lane = this.#lanes.get(key);
    const next = lane?.shift();
    if (next === undefined) {
      this.#lanes.delete(key);
      return;
    }
    this.#parked--;
    next.holdsLane = true;
    this.#ready.push(next);
  }
}

const noBatch = () => ({ items: [], arrivals: [], keys: [] });

const newTask = (
  items: readonly PipelineItem[],
  arrivals: readonly number[],
  orderKey: string,
): DeliveryTask => ({ items, arrivals, orderKey, open: 0, buried: undefined, holdsLane: false });
