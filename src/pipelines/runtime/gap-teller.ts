import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import type { SourceGap } from '../../sources/source.ts';
import type { Log } from '../../telemetry/log.ts';
import { PipelineError } from '../errors.ts';
import type { Handler, PipelineGap, PipelineItem } from '../pipeline.ts';
import type { RetryPolicy } from '../pipeline-options.ts';
import { messageOf } from '../thrown.ts';
import { buryDelayMs, defaultTimeoutMs } from './delivery.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
import { retryDelay } from './retry-delay.ts';
import type { SlotLedger } from './slot-ledger.ts';

export interface GapTellerOptions {
  readonly pipeline: string;
  readonly chain: string;
  readonly handlers: readonly Handler[];
  readonly retry: RetryPolicy;
}

/** What a teller is part of. */
export interface GapTellerHost {
  readonly ledger: SlotLedger;
  readonly figures: PipelineFigures;
  /** Keeps what a handler gave up as dead letters. */
  bury(
    items: readonly PipelineItem[],
    handler: Handler,
    error: unknown,
    attempts: number,
    isGap: true,
  ): Promise<void>;
  /** Gaps were told, so that the checkpoint may go on. */
  onFree(): void;
}

export interface GapTellerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Updates that were left out are told together, at most so often. */
const overflowMs = 1_000;

/**
 * Tells the handlers of a pipeline what they miss. The checkpoint waits until they know; of one that does not take it after
 * all tries, until it is a dead letter.
 */
export class GapTeller {
  readonly #options: GapTellerOptions;
  readonly #host: GapTellerHost;
  readonly #dependencies: GapTellerDependencies;
  readonly #controller = new AbortController();
  readonly #droppedSlots = new Set<number>();
  #dropped = 0;
  #timer: TimerHandle | undefined;
  #open = 0;

  constructor(options: GapTellerOptions, host: GapTellerHost, dependencies: GapTellerDependencies) {
    this.#options = options;
    this.#host = host;
    this.#dependencies = dependencies;
  }

  /** Whether there is nothing left to tell. */
  get isIdle(): boolean {
    return this.#open === 0 && this.#dropped === 0;
  }

  /** Tells a gap of the source. */
  tell(gap: SourceGap): void {
    this.#tell({ ...gap, pipeline: this.#options.pipeline, count: undefined }, [gap.fromSlot]);
  }

  /** Tells that values of slots cannot be taken back although they may not have happened. */
  tellNotRetractable(fromSlot: number, toSlot: number, message: string): void {
    const { pipeline } = this.#options;
    const reason = 'not_retractable';
    this.#tell({ pipeline, fromSlot, toSlot, reason, recovered: 'none', message, count: undefined }, [
      fromSlot,
    ]);
  }

  /** Notes an update that was left out because the buffer was full. */
  drop(slot: number): void {
    this.#dropped++;
    if (!this.#droppedSlots.has(slot)) {
      this.#droppedSlots.add(slot);
      this.#host.ledger.begin(slot);
    }
    this.#timer ??= this.#dependencies.clock.setTimeout(() => this.flush(), overflowMs);
  }

  /** Tells what was left out up to now. */
  flush(): void {
    this.#dependencies.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dropped === 0) return;
    const slots = [...this.#droppedSlots].sort((a, b) => a - b);
    const count = this.#dropped;
    this.#droppedSlots.clear();
    this.#dropped = 0;
    const [fromSlot, toSlot] = [slots[0]!, slots.at(-1)!];
    const message = `${count} updates of slots ${fromSlot} to ${toSlot} were left out: the buffer was full`;
    const { pipeline } = this.#options;
    this.#tell(
      { pipeline, fromSlot, toSlot, reason: 'overflow', recovered: 'none', message, count },
      slots,
      true,
    );
  }

  /** Ends what is under way. */
  cancel(): void {
    this.#dependencies.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#controller.abort();
  }

  #tell(gap: PipelineGap, slots: readonly number[], isHeld = false): void {
    const { ledger, figures } = this.#host;
    figures.gaps.inc();
    const { fromSlot, toSlot, reason, recovered } = gap;
    this.#dependencies.log.warn(`gap: ${gap.message}`, {
      pipeline: gap.pipeline,
      fromSlot,
      toSlot,
      reason,
      recovered,
    });
    if (!isHeld) for (const slot of slots) ledger.begin(slot);
    this.#open++;
    void Promise.all(this.#options.handlers.map(handler => this.#tellOne(gap, handler))).then(() => {
      this.#open--;
      if (this.#controller.signal.aborted) return;
      for (const slot of slots) ledger.end(slot);
      this.#host.onFree();
    });
  }

  /** Settles once the handler knows, or it is a dead letter. */
  async #tellOne(gap: PipelineGap, handler: Handler): Promise<void> {
    const { signal } = this.#controller;
    if (handler.onGap === undefined) return;
    const { retry } = this.#options;
    for (let attempts = 1; !signal.aborted; attempts++) {
      try {
        await this.#call(handler, gap);
        return;
      } catch (error) {
        if (attempts >= retry.attempts) return this.#bury(gap, handler, error, attempts);
        await this.#pause(retryDelay(retry, attempts, this.#dependencies.random()));
      }
    }
  }

  /** Settles once it is stored. */
  async #bury(gap: PipelineGap, handler: Handler, error: unknown, attempts: number): Promise<void> {
    const { chain, pipeline } = this.#options;
    const { fromSlot: slot, toSlot, reason } = gap;
    this.#dependencies.log.error('a handler could not be told of a gap: it is kept as a dead letter', {
      pipeline,
      handler: handler.id,
      fromSlot: slot,
      toSlot,
      error: messageOf(error),
    });
    const key = `${slot}:gap:${toSlot}:${reason}`;
    const nowhere = { signature: undefined, path: undefined, ordinal: 0, isRemoved: false };
    const items = [{ pipeline, value: gap, origin: { chain, slot, key, ...nowhere } }];
    while (!this.#controller.signal.aborted) {
      try {
        await this.#host.bury(items, handler, error, attempts, true);
        return;
      } catch {
        await this.#pause(buryDelayMs);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return pause(ms, this.#controller.signal, this.#dependencies.clock);
  }

  /** One try, within the handler's time. */
  async #call(handler: Handler, gap: PipelineGap): Promise<void> {
    const { clock } = this.#dependencies;
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    this.#controller.signal.addEventListener('abort', stop, { once: true });
    const late = Promise.withResolvers<never>();
    const timer = clock.setTimeout(() => {
      late.reject(new PipelineError('handler_timeout', 'the handler did not end in time'));
      stop();
    }, handler.timeoutMs ?? defaultTimeoutMs);
    try {
      await Promise.race([handler.onGap?.(gap, attempt.signal), late.promise]);
    } finally {
      clock.clearTimeout(timer);
      this.#controller.signal.removeEventListener('abort', stop);
    }
  }
}
