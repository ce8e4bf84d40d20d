import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { BufferPolicy } from '../pipeline-options.ts';
import type { QueuedInput, SpillLog } from '../state/spill-log.ts';
import { Fifo } from './fifo.ts';
import { bytesOf } from './update-bytes.ts';

/** What a buffer tells of. */
export interface InputBufferHost {
  /** Bytes of updates that the pipeline has taken out of the buffer and is not done with. */
  readonly bytesBehind: number;
  /** An update is left out: it was not taken, or is not kept any more (`wasTaken`). */
  onDropped(update: SolanaUpdate, wasTaken: boolean): void;
  onSpilled(): void;
  /** There are updates again that were in the store. */
  onRefilled(): void;
  onSpillFailed(error: unknown): void;
}

/** Share of either bound to which a full buffer has to be emptied before the source goes on. */
const lowWater = 0.75;

/** Updates that wait for the parser, and what becomes of those that come when there is no room. */
export class InputBuffer {
  readonly #policy: BufferPolicy;
  readonly #spill: SpillLog;
  readonly #host: InputBufferHost;
  readonly #queue = new Fifo<QueuedInput>();
  /** Of those in the queue. */
  #bytes = 0;
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

  /** Bytes of updates in memory, those included that the store has not taken yet; estimated. */
  get bytes(): number {
    return this.#bytes + this.#spill.memoryBytes;
  }

  get hasRoom(): boolean {
    const { overflowPolicy } = this.#policy;
    if (overflowPolicy === 'block') {
      // Not at the first free place: the source would stop and go on for each update.
      if (this.#isFull && this.#isWithin(lowWater)) this.#isFull = false;
      return !this.#isFull;
    }
    return overflowPolicy === 'spill' ? this.#spill.hasRoom : true;
  }

  /** Puts an update behind all others; false: it is left out. */
  push(update: SolanaUpdate, arrivedAt: number): boolean {
    const { overflowPolicy } = this.#policy;
    const bytes = bytesOf(update);
    const input = { update, arrivedAt, bytes };
    // `block` takes what the source had in hand before it saw that there is no room.
    if (overflowPolicy === 'spill') {
      if (this.#spill.length === 0 && !this.#isRefilling && this.#fits(bytes)) this.#enqueue(input);
      else {
        this.#spill.add(input);
        this.#host.onSpilled();
        this.#refill();
      }
      return true;
    }
    if (overflowPolicy === 'drop_newest' && !this.#fits(bytes)) {
      this.#host.onDropped(update, false);
      return false;
    }
    if (overflowPolicy === 'drop_oldest')
      while (!this.#fits(bytes)) this.#host.onDropped(this.#dequeue()!.update, true);
    this.#enqueue(input);
    const { maxCapacity, maxBytes } = this.#policy;
    if (this.#queue.length >= maxCapacity || this.#held >= maxBytes) this.#isFull = true;
    return true;
  }

  shift(): QueuedInput | undefined {
    const input = this.#dequeue();
    if (this.#spill.length > 0) this.#refill();
    return input;
  }

  /** Forgets everything in memory; what is in the store stays for `SpillLog.open`. */
  clear(): void {
    this.#queue.clear();
    this.#bytes = 0;
    this.#isFull = false;
  }

  /** Bytes that count against the bound. */
  get #held(): number {
    return this.#bytes + this.#host.bytesBehind;
  }

  #isWithin(share: number): boolean {
    const { maxCapacity, maxBytes } = this.#policy;
    return this.#queue.length <= maxCapacity * share && this.#held <= maxBytes * share;
  }

  /** Whether there is room for an update; always where none waits, however large it is. */
  #fits(bytes: number): boolean {
    const { maxCapacity, maxBytes } = this.#policy;
    if (this.#queue.length === 0) return true;
    return this.#queue.length < maxCapacity && this.#held + bytes <= maxBytes;
  }

  #enqueue(input: QueuedInput): void {
    this.#queue.push(input);
    this.#bytes += input.bytes;
  }

  #dequeue(): QueuedInput | undefined {
    const input = this.#queue.shift();
    if (input !== undefined) this.#bytes -= input.bytes;
    return input;
  }

  /** Brings back what is in the store, once the half of the memory is free. */
  #refill(): void {
    if (this.#isRefilling || !this.#isWithin(0.5)) return;
    this.#isRefilling = true;
    this.#spill.take().then(
      inputs => {
        this.#isRefilling = false;
        for (const input of inputs ?? []) this.#enqueue(input);
        if (inputs !== undefined) this.#host.onRefilled();
      },
      (error: unknown) => {
        this.#isRefilling = false;
        this.#host.onSpillFailed(error);
      },
    );
  }
}
