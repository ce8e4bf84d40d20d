import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { SourceGap } from '../../sources/source.ts';
import type { Log } from '../../telemetry/log.ts';
import { PipelineError } from '../errors.ts';
import type { Handler, PipelineGap } from '../pipeline.ts';
import type { RetryPolicy } from '../pipeline-options.ts';
import { messageOf } from '../thrown.ts';
import { defaultTimeoutMs } from './delivery.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
import { retryDelay } from './retry-delay.ts';
import type { SlotLedger } from './slot-ledger.ts';

export interface GapTellerOptions {
  readonly pipeline: string;
  readonly handlers: readonly Handler[];
  readonly retry: RetryPolicy;
}

export interface GapTellerDependencies {
  readonly ledger: SlotLedger;
  readonly figures: PipelineFigures;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Gaps were told, so that the checkpoint may go on. */
  readonly onTold: () => void;
}

/** Updates that were left out are told together, at most so often. */
const overflowMs = 1_000;

/** Tells the handlers of a pipeline what they miss. The checkpoint waits until they know. */
export class GapTeller {
  readonly #options: GapTellerOptions;
  readonly #dependencies: GapTellerDependencies;
  readonly #controller = new AbortController();
  readonly #droppedSlots = new Set<number>();
  #dropped = 0;
  #timer: TimerHandle | undefined;
  #open = 0;

  constructor(options: GapTellerOptions, dependencies: GapTellerDependencies) {
    this.#options = options;
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
      this.#dependencies.ledger.begin(slot);
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
    const { ledger, figures, log, onTold } = this.#dependencies;
    figures.gaps.inc();
    const { fromSlot, toSlot, reason, recovered } = gap;
    log.warn(`gap: ${gap.message}`, { pipeline: gap.pipeline, fromSlot, toSlot, reason, recovered });
    if (!isHeld) for (const slot of slots) ledger.begin(slot);
    this.#open++;
    void Promise.all(this.#options.handlers.map(handler => this.#tellOne(gap, handler))).then(() => {
      this.#open--;
      if (this.#controller.signal.aborted) return;
      for (const slot of slots) ledger.end(slot);
      onTold();
    });
  }

  /** Settles once the handler knows, or does not want to after all tries. */
  async #tellOne(gap: PipelineGap, handler: Handler): Promise<void> {
    const { signal } = this.#controller;
    if (handler.onGap === undefined) return;
    const { retry } = this.#options;
    for (let attempts = 1; !signal.aborted; attempts++) {
      try {
        await this.#call(handler, gap);
        return;
      } catch (error) {
        const { log, clock, random } = this.#dependencies;
        if (attempts >= retry.attempts) {
          log.error('a handler could not be told of a gap', {
            pipeline: gap.pipeline,
            handler: handler.id,
            fromSlot: gap.fromSlot,
            toSlot: gap.toSlot,
            error: messageOf(error),
          });
          return;
        }
        const delayMs = retryDelay(retry, attempts, random());
        await new Promise<void>(resolve => {
          clock.setTimeout(resolve, delayMs);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
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
