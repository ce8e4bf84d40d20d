import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { BufferPolicy } from '../pipeline-options.ts';
import type { QueuedInput, SpillLog } from '../state/spill-log.ts';
import { Fifo } from './fifo.ts';

/** What a buffer tells of. */
export interface InputBufferHost {
  /** An update is left out: it was not taken, or is not kept any more (`wasTaken`). */
  onDropped(update: SolanaUpdate, wasTaken: boolean): void;
  onSpilled(): void;
  /** There are updates again that were in the store. */
  onRefilled(): void;
  onSpillFailed(error: unknown): void;
}

/** Share of the capacity to which a full buffer has to be emptied before the source goes on. */
const lowWater = 0.75;

/** Updates that wait for the parser, and what becomes of those that come when there is no room. */
export class InputBuffer {
  readonly #policy: BufferPolicy;
  readonly #spill: SpillLog;
  readonly #host: InputBufferHost;
  readonly #queue = new Fifo<QueuedInput>();
  #isRefilling = false;
  #isFull = false;

  constructor(policy: BufferPolicy, spill: SpillLog, host: InputBufferHost) {
    this.#policy = policy;
    this.#spill = spill;
    this.#host = host;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#spill.length === 0 && !this.#isRefilling;
  }

  /** Updates in memory and in the store. */
  get length(): number {
    return this.#queue.length + this.#spill.length;
  }

  /** Updates in memory. */
  get queued(): number {
    return this.#queue.length;
  }

  get hasRoom(): boolean {
    const { overflowPolicy } = this.#policy;
    if (overflowPolicy === 'block') return !this.#isFull;
    return overflowPolicy === 'spill' ? this.#spill.hasRoom : true;
  }

  /** Puts an update behind all others; false: it is left out. */
  push(update: SolanaUpdate, arrivedAt: number): boolean {
    const { overflowPolicy, maxCapacity } = this.#policy;
    const input = { update, arrivedAt };
    // `block` takes what the source had in hand before it saw that there is no room.
    if (overflowPolicy === 'spill') {
      if (this.#spill.length === 0 && !this.#isRefilling && this.#queue.length < maxCapacity) {
        this.#queue.push(input);
      } else {
        this.#spill.add(input);
        this.#host.onSpilled();
        this.#refill();
      }
      return true;
    }
    if (overflowPolicy !== 'block' && this.#queue.length >= maxCapacity) {
      if (overflowPolicy === 'drop_newest') {
        this.#host.onDropped(update, false);
        return false;
      }
      this.#host.onDropped(this.#queue.shift()!.update, true);
    }
    this.#queue.push(input);
    if (this.#queue.length >= maxCapacity) this.#isFull = true;
    return true;
  }

  shift(): QueuedInput | undefined {
    const input = this.#queue.shift();
    // Not at the first free place: the source would stop and go on for each update.
    if (this.#isFull && this.#queue.length <= this.#policy.maxCapacity * lowWater) this.#isFull = false;
    if (this.#spill.length > 0) this.#refill();
    return input;
  }

  /** Forgets everything in memory; what is in the store stays for `SpillLog.open`. */
  clear(): void {
    this.#queue.clear();
    this.#isFull = false;
  }

  /** Brings back what is in the store, once the half of the memory is free. */
  #refill(): void {
    if (this.#isRefilling || this.#queue.length * 2 > this.#policy.maxCapacity) return;
    this.#isRefilling = true;
    this.#spill.take().then(
      inputs => {
        this.#isRefilling = false;
        for (const input of inputs ?? []) this.#queue.push(input);
        if (inputs !== undefined) this.#host.onRefilled();
      },
      (error: unknown) => {
        this.#isRefilling = false;
        this.#host.onSpillFailed(error);
      },
    );
  }
}
