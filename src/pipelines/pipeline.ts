import type { SolanaUpdate } from '../chains/solana/updates.ts';
import type { SourceGap } from '../sources/source.ts';
import type { InstructionUpdate } from './instructions/instruction-update.ts';

/** What a pipeline's parser reads: an update, or one instruction of a transaction. */
export type ParserInput = SolanaUpdate | InstructionUpdate;

/** What became of one input. `filtered`: it is not the parser's; `error`: it should have been, and does not read. */
export type ParseOutcome<Value> =
  | {
      readonly kind: 'parsed';
      readonly values: readonly Value[];
      /** What of the input did not read while the rest did; each counts as a parse error. @default none */
      readonly problems?: readonly string[];
    }
  | { readonly kind: 'filtered' }
  | { readonly kind: 'error'; readonly message: string };

/** Makes values out of updates; must not keep the input's buffers. May throw: that counts as `error`. */
export interface Parser<Value = unknown> {
  /** Its name in metrics and in `trunkline pipelines`. */
  readonly id: string;
  parse(input: ParserInput): ParseOutcome<Value>;
}

/** Where a value comes from; the same whatever source brought it. */
export interface Origin {
  readonly chain: string;
  readonly slot: number;
  /** Base58; undefined of slots and blocks, and of accounts where the source does not say. */
  readonly signature: string | undefined;
  /** The instruction's path: `0`, `0.2`; undefined where the value is no instruction's. */
  readonly path: string | undefined;
  /** The value's place among those of one input, from 0. */
  readonly ordinal: number;
  /** Equal for equal values, unique on the chain: `slot:signature:path:ordinal`, of accounts `slot:pubkey:signature`, or the version of the write where the source has no signature. */
  readonly key: string;
  /** The slot was abandoned after this had been told: it did not happen. */
  readonly isRemoved: boolean;
}

/** A parsed value on its way to the handlers. */
export interface PipelineItem<Value = unknown> {
  readonly pipeline: string;
  readonly value: Value;
  readonly origin: Origin;
}

/** What a handler is told at the start of its pipeline. */
export interface HandlerStart {
  readonly pipeline: string;
  readonly chain: string;
  /** The slot up to which everything was handled; items of later slots come, perhaps again. Undefined: the first start. */
  readonly checkpoint: number | undefined;
}

/** Slots of which a pipeline's handlers do not get everything, or got it by other ways. */
export interface PipelineGap extends Omit<SourceGap, 'reason'> {
  readonly pipeline: string;
  /** A source's reasons, or `overflow`: the buffer was full; `not_retractable`: an abandoned slot's values are not known any more. */
  readonly reason: SourceGap['reason'] | 'overflow' | 'not_retractable';
  /** Updates that were left out; undefined: not known. */
  readonly count: number | undefined;
}

/**
 * Does something with a value. Resolves once it is done for good: only then the checkpoint may pass it. A rejection is
 * retried by the pipeline's policy, then the item goes to the dead letters. The same item can come again after a crash:
 * `origin.key` tells.
 */
export interface Handler<Value = unknown> {
  readonly id: string;
  handle(item: PipelineItem<Value>, signal: AbortSignal): Promise<void> | void;
  /** Many at once, where that is cheaper; items in order. A rejection counts for all of them. */
  handleBatch?(items: readonly PipelineItem<Value>[], signal: AbortSignal): Promise<void> | void;
  /** Asked before `handle` in the mode `conditional`. @default every item */
  accepts?(item: PipelineItem<Value>): boolean;
  /** Milliseconds that one `handle` or `handleBatch` may take; then it counts as failed. @default 10000 */
  readonly timeoutMs?: number;
  /** The pipeline begins, or begins again; waited for before the first item. A rejection fails the start. */
  open?(start: HandlerStart): Promise<void> | void;
  /** Something is missing, or came by other ways. Tried again like `handle`, then a dead letter; the checkpoint waits for it. */
  onGap?(gap: PipelineGap, signal: AbortSignal): Promise<void> | void;
  /** The pipeline ends. */
  close?(): Promise<void> | void;
}
