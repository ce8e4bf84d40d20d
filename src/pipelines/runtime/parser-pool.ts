import { extname } from 'node:path';
import { Piscina } from 'piscina';
import type { Clock } from '../../clock/clock.ts';
import type { ParserModule } from '../pipeline-options.ts';
import type { QueuedInput } from '../state/spill-log.ts';
import { messageOf } from '../thrown.ts';
import { Fifo } from './fifo.ts';
import type { ParsedUpdate, Selection } from './read-update.ts';

export interface ParserPoolOptions {
  readonly threads: number;
  /** Milliseconds for a batch; then its thread is ended, and each update of it gets a thread by itself. */
  readonly timeoutMs: number;
  readonly module: ParserModule;
  readonly selection: Selection;
}

export interface ParserPoolDependencies {
  readonly clock: Clock;
  /** What became of updates, in the order in which they were given. */
  readonly onParsed: (inputs: readonly QueuedInput[], parsed: readonly ParsedUpdate[]) => void;
}

interface Batch {
  readonly inputs: readonly QueuedInput[];
  readonly bytes: number;
  parsed: readonly ParsedUpdate[] | undefined;
}

const entry = new URL(`./parse-worker${extname(import.meta.url)}`, import.meta.url);
/** Batches under way or waiting, by thread. */
const batchesPerThread = 2;
/** Updates of a batch at most. */
const batchInputs = 64;
/** Bytes from which on a batch is full: its thread gets a copy. */
const batchBytes = 2 ** 22;

/** Threads that parse, for parsers that would hold up everything else. The order of updates stays. */
export class ParserPool {
  readonly #options: ParserPoolOptions;
  readonly #dependencies: ParserPoolDependencies;
  readonly #pool: Piscina;
  readonly #batches = new Fifo<Batch>();
  #length = 0;
  #bytes = 0;
  #isClosed = false;

  constructor(options: ParserPoolOptions, dependencies: ParserPoolDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { module, selection, threads } = options;
    this.#pool = new Piscina({
      filename: entry.href,
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: 30_000,
      maxQueue: threads * batchesPerThread + 1,
      execArgv: [],
      workerData: { module, selection },
    });
    // What ends a thread also rejects the batch that it had.
    this.#pool.on('error', () => {});
  }

  get hasRoom(): boolean {
    return this.#batches.length < this.#options.threads * batchesPerThread;
  }

  /** Updates in it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the updates in it, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes an update, and as many more as make a batch.
   * @param next the update behind; undefined: there is none
   */
  submit(first: QueuedInput, next: () => QueuedInput | undefined): void {
    const inputs = [first];
    let { bytes } = first;
    while (inputs.length < batchInputs && bytes < batchBytes) {
      const input = next();
      if (input === undefined) break;
      inputs.push(input);
      bytes += input.bytes;
    }
    const batch: Batch = { inputs, bytes, parsed: undefined };
    this.#batches.push(batch);
    this.#length += inputs.length;
    this.#bytes += bytes;
    void this.#parse(batch);
  }

  /** Ends all threads; nothing more is heard of what they had. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#batches.clear();
    this.#length = this.#bytes = 0;
    await this.#pool.destroy();
  }

  async #parse(batch: Batch): Promise<void> {
    try {
      batch.parsed = await this.#run(batch.inputs);
    } catch (error) {
      batch.parsed = batch.inputs.length === 1 ? [failed(error)] : await this.#parseSingly(batch.inputs);
    }
    if (this.#isClosed) return;
    for (let head = this.#batches.peek(); head?.parsed !== undefined; head = this.#batches.peek()) {
      this.#batches.shift();
      this.#length -= head.inputs.length;
      this.#bytes -= head.bytes;
      this.#dependencies.onParsed(head.inputs, head.parsed);
    }
  }

  /** Finds the update that a thread does not survive. */
  async #parseSingly(inputs: readonly QueuedInput[]): Promise<ParsedUpdate[]> {
    const parsed: ParsedUpdate[] = [];
    for (const input of inputs) {
      if (this.#isClosed) break;
      const [one] = await this.#run([input]).catch((error: unknown) => [failed(error)]);
      parsed.push(one!);
    }
    return parsed;
  }

  async #run(inputs: readonly QueuedInput[]): Promise<readonly ParsedUpdate[]> {
    const { clock } = this.#dependencies;
    const controller = new AbortController();
    const timer = clock.setTimeout(() => controller.abort(), this.#options.timeoutMs);
    try {
      const parsed: unknown = await this.#pool.run(
        inputs.map(({ update }) => update),
        { signal: controller.signal },
      );
      if (!Array.isArray(parsed) || parsed.length !== inputs.length)
        throw new Error('it gave back something else than what it made of the updates');
      return parsed;
    } catch (error) {
      if (controller.signal.aborted) throw new Error('the parser did not end in time');
      throw error;
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

const failed = (error: unknown): ParsedUpdate => ({
  values: [],
  filtered: 0,
  problems: [],
  errors: [`its thread gave up: ${messageOf(error)}`],
});
