import { Deadline } from '../../clock/deadline-wheel.ts';
import { PipelineError } from '../errors.ts';
import { acceptsItem } from '../handlers/accepts-item.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import { promiseOf } from '../promised.ts';

/** What a delivery needs of the pipeline that it belongs to. */
export interface DeliveryHost {
  /** Handlers are asked whether they accept an item. */
  readonly isConditional: boolean;
  /** Has `onDeadline` of a delivery called after so many milliseconds. */
  arm(delivery: Delivery, delayMs: number): void;
  disarm(delivery: Delivery): void;
  /** Milliseconds until the next try; undefined: it was the last one. */
  delayAfter(error: unknown, attempts: number): number | undefined;
  /** Keeps items as dead letters; resolves once they are stored. */
  bury(
    items: readonly PipelineItem[],
    handler: Handler,
    error: unknown,
    attempts: number,
    delivery: Delivery,
  ): Promise<void>;
  onAttemptFailed(handler: Handler, error: unknown): void;
  onRetry(): void;
  /** All handlers are done with the items, or gave them up. */
  onDelivered(delivery: Delivery): void;
}

/** What several deliveries of the same items share. */
export interface DeliveryTask {
  readonly items: readonly PipelineItem[];
  /** When the update of each item came, monotonic milliseconds. */
  readonly arrivals: readonly number[];
  /** Empty: its order does not matter. */
  readonly orderKey: string;
  /** Deliveries that are not done. */
  open: number;
  /** Items that a handler gave up. */
  buried: Set<PipelineItem> | undefined;
  /** The lane of its key is held for it already. */
  holdsLane: boolean;
}

type Phase = 'idle' | 'calling' | 'waiting' | 'burying' | 'over';

/** Milliseconds that a call of a handler may take that does not say. */
export const defaultTimeoutMs = 10_000;
/** Milliseconds until dead letters that could not be stored are tried again. */
export const buryDelayMs = 1_000;

/** Brings items to handlers, one handler after the other, each tried again by the pipeline's policy. */
export class Delivery extends Deadline {
  readonly task: DeliveryTask;
  readonly #host: DeliveryHost;
  readonly #handlers: readonly Handler[];
  /** Those that no handler gave up. */
  #items: PipelineItem[];
  #handler = 0;
  #position = 0;
  /** Those of the call under way, and where it goes on after them. */
  #calling: readonly PipelineItem[] = [];
  #next = 0;
  #attempts = 0;
  #phase: Phase = 'idle';
  #lastError: unknown;
  /** Results of calls before this one do not count any more. */
  #call = 0;
  #controller: AbortController;

  /** @param handler the index of the handler to begin with */
  constructor(
    task: DeliveryTask,
    handlers: readonly Handler[],
    host: DeliveryHost,
    handler = 0,
    controller = new AbortController(),
  ) {
    super();
    this.task = task;
    this.#handlers = handlers;
    this.#host = host;
    this.#items = task.items.slice();
    this.#handler = handler;
    this.#controller = controller;
  }

  /** Goes on with the result of a call for the one item that somebody else has made. */
  adopt(result: Promise<unknown>): void {
    this.#calling = this.#items;
    this.#next = 1;
    this.#await(result, this.#handlers[this.#handler]!);
  }

  /** Goes on behind a call for the one item that somebody else has made and that threw. */
  adoptFailure(error: unknown): void {
    this.#calling = this.#items;
    this.#next = 1;
    this.#fail(error);
  }

  /** Calls handlers as long as they are done at once. */
  run(): void {
    while (this.#handler < this.#handlers.length) {
      if (this.#position >= this.#items.length) {
        this.#handler++;
        this.#position = 0;
        this.#attempts = 0;
        continue;
      }
      const handler = this.#handlers[this.#handler]!;
      let result: unknown;
      try {
        if (!this.#select(handler)) continue;
        const { signal } = this.#controller;
        result =
          handler.handleBatch !== undefined && this.#calling.length > 1
            ? handler.handleBatch(this.#calling, signal)
            : handler.handle(this.#calling[0]!, signal);
      } catch (error) {
        this.#fail(error);
        return;
      }
      const promise = promiseOf(result);
      if (promise !== undefined) {
        this.#await(promise, handler);
        return;
      }
      this.#advance();
    }
    this.#phase = 'over';
    this.#host.onDelivered(this);
  }

  override onDeadline(): void {
    if (this.#phase === 'calling') {
      const error = new PipelineError('handler_timeout', 'the handler did not end in time');
      this.#abort(error);
      this.#fail(error);
    } else if (this.#phase === 'waiting') {
      this.#phase = 'idle';
      this.#host.onRetry();
      this.run();
    } else if (this.#phase === 'burying') this.#bury();
  }

  /** Ends it, whatever it is doing; nothing more is heard of it. */
  cancel(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#host.disarm(this);
    this.#abort(new PipelineError('handler_aborted', 'the pipeline ends'));
  }

  /** Begins the try under way anew, with all attempts before it. */
  restart(): void {
    // What is being stored as a dead letter is left to that.
    if (this.#phase !== 'calling' && this.#phase !== 'waiting') return;
    this.#host.disarm(this);
    this.#abort(new PipelineError('handler_aborted', 'the pipeline begins anew'));
    this.#attempts = 0;
    this.#phase = 'idle';
    this.run();
  }

  /** Chooses the items of the next call; false: the handler wants none of them. */
  #select(handler: Handler): boolean {
    this.#calling = [];
    const end = handler.handleBatch === undefined ? this.#position + 1 : this.#items.length;
    if (this.#host.isConditional && handler.accepts !== undefined) this.#ask(handler, end);
    else {
      const isAll = this.#position === 0 && end === this.#items.length;
      this.#calling = isAll ? this.#items : this.#items.slice(this.#position, end);
      this.#next = end;
    }
    if (this.#calling.length > 0) return true;
    this.#position = this.#next;
    return false;
  }

  /** Chooses what the handler accepts. */
  #ask(handler: Handler, end: number): void {
    const accepted: PipelineItem[] = [];
    let at = this.#position;
    for (; at < end; at++) {
      const item = this.#items[at]!;
      try {
        if (acceptsItem(handler, item)) accepted.push(item);
      } catch (error) {
        if (at === this.#position) throw error;
        // Those before it are not to blame: it comes first next time.
        break;
      }
    }
    this.#calling = accepted;
    this.#next = at;
  }

  #await(result: Promise<unknown>, handler: Handler): void {
    this.#phase = 'calling';
    const call = ++this.#call;
    this.#host.arm(this, handler.timeoutMs ?? defaultTimeoutMs);
    result.then(
      () => {
        if (call !== this.#call) return;
        this.#host.disarm(this);
        this.#phase = 'idle';
        this.#advance();
        this.run();
      },
      (error: unknown) => {
        if (call !== this.#call) return;
        this.#host.disarm(this);
        this.#fail(error);
      },
    );
  }

  #advance(): void {
    this.#position = this.#next;
    this.#attempts = 0;
  }

  #fail(error: unknown): void {
    this.#attempts++;
    this.#lastError = error;
    const handler = this.#handlers[this.#handler]!;
    this.#host.onAttemptFailed(handler, error);
    // `accepts` itself may have thrown before anything was chosen.
    if (this.#calling.length === 0) {
      this.#calling = [this.#items[this.#position]!];
      this.#next = this.#position + 1;
    }
    const delayMs = this.#host.delayAfter(error, this.#attempts);
    if (delayMs === undefined) {
      this.#bury();
      return;
    }
    this.#phase = 'waiting';
    this.#host.arm(this, delayMs);
  }

  #bury(): void {
    this.#phase = 'burying';
    const call = ++this.#call;
    const buried = this.#calling;
    const handler = this.#handlers[this.#handler]!;
    this.#host.bury(buried, handler, this.#lastError, this.#attempts, this).then(
      () => {
        if (call !== this.#call) return;
        const isBuried = new Set(buried);
        this.task.buried ??= new Set();
        for (const item of buried) this.task.buried.add(item);
        const left = this.#items.filter((_, at) => at < this.#next && !isBuried.has(this.#items[at]!)).length;
        this.#items = this.#items.filter(item => !isBuried.has(item));
        this.#position = left;
        this.#attempts = 0;
        this.#calling = [];
        this.#phase = 'idle';
        this.run();
      },
      () => {
        if (call === this.#call) this.#host.arm(this, buryDelayMs);
      },
    );
  }

  #abort(reason: Error): void {
    this.#call++;
    this.#controller.abort(reason);
    this.#controller = new AbortController();
  }
}
