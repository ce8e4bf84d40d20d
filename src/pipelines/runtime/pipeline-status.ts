import type { PipelineDefinition } from '../pipeline-options.ts';
import type { PipelineStateName } from './pipeline-state.ts';

/** How a pipeline does, for people and machines. Counts are since its Trunkline started. */
export interface PipelineStatus {
  readonly id: string;
  readonly chain: string;
  readonly source: PipelineDefinition['source'];
  readonly commitment: PipelineDefinition['commitment'];
  readonly kind: PipelineDefinition['filter']['kind'];
  readonly parser: string;
  readonly handlers: readonly string[];
  readonly mode: PipelineDefinition['mode'];
  readonly state: PipelineStateName;
  /** Why it is in `error`, or what failed last; without secrets. */
  readonly error: string | undefined;
  /** The slot up to which everything is handled; undefined: none yet. */
  readonly checkpoint: number | undefined;
  /** The same as it is stored. */
  readonly savedCheckpoint: number | undefined;
  /** The newest slot that was seen; 0: none. */
  readonly slot: number;
  /** Slots between the newest of the source and the checkpoint. */
  readonly slotLag: number;
  readonly received: number;
  readonly skipped: number;
  readonly filtered: number;
  readonly parsed: number;
  readonly parseErrors: number;
  readonly handled: number;
  readonly handlerErrors: number;
  readonly retries: number;
  readonly deadLettered: number;
  /** Dead letters that are kept. */
  readonly deadLetters: number;
  readonly dropped: number;
  readonly spilled: number;
  readonly gaps: number;
  readonly retracted: number;
  /** Updates and values that wait. */
  readonly queueDepth: number;
  /** Values, or batches, that handlers have in hand. */
  readonly active: number;
  /** From arrival to the end of the last handler, smoothed. */
  readonly latencyMs: number;
}
