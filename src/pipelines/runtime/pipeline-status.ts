import type { PipelineDefinition } from '../pipeline-options.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
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

/** What a pipeline knows beside its definition and its figures. */
export type PipelinePosition = Pick<
  PipelineStatus,
  | 'state'
  | 'error'
  | 'checkpoint'
  | 'savedCheckpoint'
  | 'slot'
  | 'slotLag'
  | 'deadLetters'
  | 'queueDepth'
  | 'active'
>;

/** Puts a status together. */
export function statusOf(
  definition: PipelineDefinition,
  figures: PipelineFigures,
  position: PipelinePosition,
): PipelineStatus {
  const { id, chain, source, commitment, filter, parser, handlers, mode } = definition;
  return {
    id,
    chain,
    source,
    commitment,
    kind: filter.kind,
    parser: parser.id,
    handlers: handlers.map(handler => handler.id),
    mode,
    ...position,
    received: figures.received.value,
    skipped: figures.skipped.value,
    filtered: figures.filtered.value,
    parsed: figures.parsed.value,
    parseErrors: figures.parseErrors.value,
    handled: figures.handled.value,
    handlerErrors: figures.handlerErrors,
    retries: figures.retries.value,
    deadLettered: figures.deadLettered.value,
    dropped: figures.dropped.value,
    spilled: figures.spilled.value,
    gaps: figures.gaps.value,
    retracted: figures.retracted.value,
    latencyMs: figures.latencyMs,
  };
}
