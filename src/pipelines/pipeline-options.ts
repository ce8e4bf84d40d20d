import type { Commitment } from '../chains/solana/commitment.ts';
import type { UpdateSource } from '../sources/source.ts';
import type { UpdateFilter } from '../sources/update-filter.ts';
import type { Handler, Parser } from './pipeline.ts';

/**
 * How the handlers get a value: one after another, as listed; all at once; or those that accept it, one after another.
 * Where one gives a value up, those behind it do not get it either, except in `parallel`.
 */
export type HandlerMode = 'sequential' | 'parallel' | 'conditional';

/** What values have to agree in to be handled strictly one after another. */
export type OrderBy = 'none' | 'slot' | 'signature' | 'account' | 'program';

/** What happens with updates that come while the buffer is full. */
export type OverflowPolicy = 'block' | 'drop_oldest' | 'drop_newest' | 'spill';

/** How a handler that failed is tried again. */
export interface RetryPolicy {
  /** Tries in all. @default 5 */
  readonly attempts: number;
  /** Milliseconds before the second try. @default 100 */
  readonly delayMs: number;
  /** Milliseconds at most, whatever the other end of a handler asks for. @default 30000 */
  readonly maxDelayMs: number;
  /** By how much each pause is longer than the one before. @default 2 */
  readonly multiplier: number;
  /** Share by which each pause varies, both ways. @default 0.2 */
  readonly jitter: number;
}

/** What waits for the handlers. */
export interface BufferPolicy {
  /** Updates that wait at most. @default 10000 */
  readonly maxCapacity: number;
  /**
   * Bytes of updates in memory at most, estimated by the lengths of what they hold; those count whose values handlers
   * have or wait for, too. One that is larger by itself waits where no other does. @default 64 MiB
   */
  readonly maxBytes: number;
  /** Values that a handler with `handleBatch` gets at once, at most. @default 100 */
  readonly batchSize: number;
  /** Milliseconds that a batch waits to be full. @default 10 */
  readonly batchTimeoutMs: number;
  /** `block`: the source waits, and all pipelines of its stream with it. @default 'block' */
  readonly overflowPolicy: OverflowPolicy;
  /** Bytes that `spill` may hold in the store; then it blocks. @default 256 MiB */
  readonly maxSpillBytes: number;
}

/** Where a parser can be made anew in another thread. */
export interface ParserModule {
  /** URL of an ES module that exports `createParser(config)`. */
  readonly url: string;
  /** What it is given; has to survive a structured clone. */
  readonly config: unknown;
}

/** A pipeline, complete. */
export interface PipelineDefinition {
  /** Unique in its Trunkline; the name of its filter on the wire, at most 128 of `A-Z a-z 0-9 _ . -`. */
  readonly id: string;
  /**
   * What its metrics call it. Several may have the same: then their counts are added up, and of checkpoints the lowest
   * counts, of lags the highest. @default id
   */
  readonly metricsLabel: string;
  readonly chain: string;
  readonly source: UpdateSource['name'];
  readonly commitment: Commitment;
  /**
   * A slot that the chain has reached, after which it begins where it has no checkpoint yet; undefined: it begins with what
   * comes. @default undefined
   */
  readonly startAfter: number | undefined;
  readonly filter: UpdateFilter;
  readonly parser: Parser;
  /** With `parseThreads`: the same parser for the threads. */
  readonly parserModule: ParserModule | undefined;
  /** Threads that parse; 0: the parser runs in the main thread. @default 0 */
  readonly parseThreads: number;
  /** Milliseconds that a thread may take for a batch; then it is ended and another one started. @default 10000 */
  readonly parseTimeoutMs: number;
  /** Parse errors in a row after which the pipeline waits in the state `error`; 0: it goes on whatever happens. @default 0 */
  readonly maxParseErrors: number;
  readonly handlers: readonly Handler[];
  /** @default 'sequential' */
  readonly mode: HandlerMode;
  /** Values, or batches, that are handled at once. @default 1 */
  readonly concurrency: number;
  /** @default 'none' */
  readonly orderBy: OrderBy;
  readonly retry: RetryPolicy;
  readonly buffer: BufferPolicy;
  /** Values kept as dead letters; beyond it the oldest goes. @default 10000 */
  readonly maxDeadLetters: number;
  /** Values told at `processed` that are kept until their slot is sure. @default 100000 */
  readonly maxRetractable: number;
  /** Milliseconds that the end of the pipeline waits for its handlers. @default 30000 */
  readonly drainTimeoutMs: number;
}

/** What a definition has where nothing is said. */
export const pipelineDefaults = {
  source: 'geyser',
  commitment: 'confirmed',
  startAfter: undefined,
  parserModule: undefined,
  parseThreads: 0,
  parseTimeoutMs: 10_000,
  maxParseErrors: 0,
  mode: 'sequential',
  concurrency: 1,
  orderBy: 'none',
  retry: { attempts: 5, delayMs: 100, maxDelayMs: 30_000, multiplier: 2, jitter: 0.2 },
  buffer: {
    maxCapacity: 10_000,
    maxBytes: 64 * 1024 * 1024,
    batchSize: 100,
    batchTimeoutMs: 10,
    overflowPolicy: 'block',
    maxSpillBytes: 256 * 1024 * 1024,
  },
  maxDeadLetters: 10_000,
  maxRetractable: 100_000,
  drainTimeoutMs: 30_000,
} as const satisfies Partial<PipelineDefinition>;
