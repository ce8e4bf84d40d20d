import { deserialize, serialize } from 'node:v8';
import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { Fifo } from '../runtime/fifo.ts';
import type { StateStore } from './state-store.ts';

/** An update that waits, and when it came (monotonic milliseconds). */
export interface QueuedInput {
  readonly update: SolanaUpdate;
  readonly arrivedAt: number;
  /** What the update takes in memory, estimated. */
  readonly bytes: number;
}

export interface SpillLogOptions {
  readonly pipeline: string;
  /** Bytes in the store; beyond it there is no room. */
  readonly maxBytes: number;
  /** Bytes of updates that the store has not taken yet, estimated; beyond it there is no room. */
  readonly maxMemoryBytes: number;
}

export interface SpillLogDependencies {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The store has taken what waited in memory. */
  readonly onWritten: () => void;
}

interface Chunk {
  readonly key: string;
  bytes: number;
  /** In memory until the store has them. */
  inputs: QueuedInput[] | undefined;
  readonly count: number;
  /** What its updates take in memory. */
  readonly memoryBytes: number;
}

const prefix = 's/';
const chunkInputs = 128;
/** Bytes in memory from which on a chunk is full. */
const chunkBytes = 2 ** 20;
/** Updates in memory that the store has not taken yet, at most. */
const maxStaged = 4_096;
const retryMs = 500;

/**
 * Updates that wait in the store, in their order. It is emptied at the start of a pipeline: what was in it is behind the
 * checkpoint, so that the source tells it again.
 */
export class SpillLog {
  readonly #options: SpillLogOptions;
  readonly #dependencies: SpillLogDependencies;
  readonly #chunks = new Fifo<Chunk>();
  readonly #unwritten = new Fifo<Chunk>();
  #staging: QueuedInput[] = [];
  #stagingBytes = 0;
  #nextId = 0;
  #bytes = 0;
  #length = 0;
  #inMemory = 0;
  #memoryBytes = 0;
  #isWriting = false;
  #timer: TimerHandle | undefined;
  /** What was begun before the last `open` does not count any more. */
  #epoch = 0;

  constructor(options: SpillLogOptions, dependencies: SpillLogDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Updates in it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes in the store. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of those that the store has not taken yet, estimated. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  get hasRoom(): boolean {
    const { maxBytes, maxMemoryBytes } = this.#options;
    return this.#bytes < maxBytes && this.#inMemory < maxStaged && this.#memoryBytes < maxMemoryBytes;
  }

  /** Empties it. */
  async open(): Promise<void> {
    this.#epoch++;
    this.#chunks.clear();
    this.#unwritten.clear();
    this.#staging = [];
    this.#stagingBytes = this.#memoryBytes = 0;
    this.#bytes = this.#length = this.#inMemory = 0;
    while ((await this.#dependencies.state.clear(prefix)) > 0);
  }

  /** Puts an update behind all others. */
  add(input: QueuedInput): void {
    this.#staging.push(input);
    this.#length++;
    this.#inMemory++;
    this.#stagingBytes += input.bytes;
    this.#memoryBytes += input.bytes;
    const isFull = this.#stagingBytes >= Math.min(chunkBytes, this.#options.maxMemoryBytes);
    if (isFull || this.#staging.length >= chunkInputs) this.#seal();
  }

  /** The oldest updates; undefined: there are none. One call at a time. @throws StorageError */
  async take(): Promise<QueuedInput[] | undefined> {
    const chunk = this.#chunks.peek();
    if (chunk === undefined) {
      if (this.#staging.length === 0) return undefined;
      const staged = this.#staging;
      this.#staging = [];
      this.#length -= staged.length;
      this.#inMemory -= staged.length;
      this.#memoryBytes -= this.#stagingBytes;
      this.#stagingBytes = 0;
      return staged;
    }
    const epoch = this.#epoch;
    let inputs = chunk.inputs;
    if (inputs === undefined) {
      const bytes = await this.#dependencies.state.get(chunk.key);
      if (epoch !== this.#epoch) return undefined;
      inputs = bytes === undefined ? [] : (deserialize(bytes) as QueuedInput[]);
    }
    this.#chunks.shift();
    this.#length -= chunk.count;
    if (chunk.inputs !== undefined) {
      this.#inMemory -= chunk.count;
      this.#memoryBytes -= chunk.memoryBytes;
      // Its write comes too late, or is under way: then it is removed when that is done.
      chunk.inputs = undefined;
      if (chunk.bytes === 0) return inputs;
    }
    this.#remove(chunk);
    return inputs;
  }

  #seal(): void {
    const inputs = this.#staging;
    this.#staging = [];
    const key = `${prefix}${(this.#nextId++).toString(16).padStart(13, '0')}`;
    const chunk: Chunk = { key, bytes: 0, inputs, count: inputs.length, memoryBytes: this.#stagingBytes };
    this.#stagingBytes = 0;
    this.#chunks.push(chunk);
    this.#unwritten.push(chunk);
    void this.#write();
  }

  async #write(): Promise<void> {
    if (this.#isWriting || this.#timer !== undefined) return;
    this.#isWriting = true;
    const { state, clock, log } = this.#dependencies;
    const epoch = this.#epoch;
    for (let chunk = this.#unwritten.peek(); chunk !== undefined; chunk = this.#unwritten.peek()) {
      const inputs = chunk.inputs;
      if (inputs !== undefined) {
        const bytes = serialize(inputs);
        chunk.bytes = bytes.length;
        this.#bytes += bytes.length;
        try {
          await state.set(chunk.key, bytes);
        } catch (error) {
          if (epoch !== this.#epoch) break;
          this.#bytes -= chunk.bytes;
          chunk.bytes = 0;
          log.warn('updates that were to be spilled wait: the storage did not take them', {
            pipeline: this.#options.pipeline,
            error: (error as { readonly code?: string }).code,
          });
          this.#timer = clock.setTimeout(() => {
            this.#timer = undefined;
            void this.#write();
          }, retryMs);
          break;
        }
        if (epoch !== this.#epoch) break;
        // Taken meanwhile: the record that was just written is nobody's.
        if (chunk.inputs === undefined) void state.del(chunk.key).catch(() => {});
        else {
          chunk.inputs = undefined;
          this.#inMemory -= chunk.count;
          this.#memoryBytes -= chunk.memoryBytes;
        }
      }
      this.#unwritten.shift();
    }
    this.#isWriting = false;
    if (epoch === this.#epoch) this.#dependencies.onWritten();
    if (epoch !== this.#epoch && this.#unwritten.length > 0) void this.#write();
  }

  #remove(chunk: Chunk): void {
    this.#bytes -= chunk.bytes;
    chunk.bytes = 0;
    // One that cannot be removed now is removed at the next start.
    void this.#dependencies.state.del(chunk.key).catch(() => {});
  }
}
