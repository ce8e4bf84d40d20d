import type { UpdateFilter } from '../sources/update-filter.ts';
import { PipelineError } from './errors.ts';
import type { Handler, Parser } from './pipeline.ts';
import {
  type BufferPolicy,
  type PipelineDefinition,
  pipelineDefaults,
  type RetryPolicy,
} from './pipeline-options.ts';

/** What a pipeline is made of; what is left out has the defaults of `PipelineDefinition`. */
export interface PipelineParts<Value = unknown>
  extends Partial<
    Omit<PipelineDefinition, 'id' | 'chain' | 'filter' | 'parser' | 'handlers' | 'retry' | 'buffer'>
  > {
  readonly id: string;
  readonly chain: string;
  /** Which updates it gets; `kind` has to be said. */
  readonly filter: Pick<UpdateFilter, 'kind'> & Partial<UpdateFilter>;
  readonly parser: Parser<Value>;
  readonly handlers: readonly Handler<NoInfer<Value>>[];
  readonly retry?: Partial<RetryPolicy>;
  readonly buffer?: Partial<BufferPolicy>;
}

/**
 * Defines a pipeline: updates that pass `filter` go to `parser`, and what it makes of them to `handlers`.
 *
 * @throws PipelineError `pipeline_invalid`
 */
export function pipeline<Value>(parts: PipelineParts<Value>): PipelineDefinition {
  const { filter, retry, buffer, parser, handlers, ...rest } = parts;
  const definition: PipelineDefinition = {
    ...pipelineDefaults,
    metricsLabel: rest.id,
    ...rest,
    parser,
    // A handler gets what the pipeline's own parser makes.
    handlers: handlers as readonly Handler<unknown>[],
    filter: { ...noConditions, ...filter },
    retry: { ...pipelineDefaults.retry, ...retry },
    buffer: { ...pipelineDefaults.buffer, ...buffer },
  };
  check(definition);
  return definition;
}

const noConditions: Omit<UpdateFilter, 'kind'> = {
  programs: [],
  accounts: [],
  required: [],
  excluded: [],
  owners: [],
  memcmp: [],
  dataSize: undefined,
  failed: false,
  votes: false,
};

const idPattern = /^[\w.-]{1,128}$/;

function check(definition: PipelineDefinition): void {
  const { id, handlers, mode, concurrency, parseThreads, parserModule, retry, buffer, startAfter } =
    definition;
  const refuse = (problem: string): never => {
    throw new PipelineError('pipeline_invalid', `pipeline ${id}: ${problem}`);
  };
  if (!idPattern.test(id)) refuse('its name has to be 1 to 128 of A-Z a-z 0-9 _ . -');
  if (handlers.length === 0) refuse('it has no handlers');
  const ids = handlers.map(handler => handler.id);
  if (new Set(ids).size < ids.length) refuse(`two handlers have the same id: ${ids.join(', ')}`);
  if (mode !== 'conditional' && handlers.some(handler => handler.accepts !== undefined))
    refuse('a handler that chooses its values (`when`, `accepts`) needs the mode conditional');
  if (startAfter !== undefined && !isCount(startAfter, 0)) refuse('startAfter has to be a slot');
  if (!isCount(concurrency, 1)) refuse('concurrency has to be at least 1');
  if (!isCount(retry.attempts, 1)) refuse('retry.attempts has to be at least 1');
  if (!isCount(buffer.maxCapacity, 1)) refuse('buffer.max_capacity has to be at least 1');
  if (!isCount(buffer.maxBytes, 1)) refuse('buffer.max_bytes has to be at least 1');
  if (!isCount(buffer.batchSize, 1)) refuse('buffer.batch_size has to be at least 1');
  if (!isCount(parseThreads, 0)) refuse('parse_threads has to be 0 or more');
  if (parseThreads > 0 && parserModule === undefined)
    refuse('parse_threads needs a parser that can be made in another thread (parserModule)');
}

const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
