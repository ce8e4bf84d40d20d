import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../errors/trunkline-error.ts';

/** Errors of pipelines: their definitions, their handlers, their dead letters. */
export const pipelineErrors = {
  pipeline_invalid: {
    sentence: 'The definition of a pipeline contradicts itself; the message says where.',
  },
  pipeline_duplicate: { sentence: 'Two pipelines have the same name; it has to be unique.' },
  pipeline_unknown: { sentence: 'There is no pipeline of this name.' },
  pipeline_refused: {
    sentence: 'The pipeline is in a state in which it cannot do this; the message names it.',
  },
  parser_failed: {
    sentence: 'A parser failed on too many updates in a row, so that its pipeline waits to be looked at.',
  },
  handler_failed: {
    sentence: 'A handler could not do what it is for; it is tried again, then the value is a dead letter.',
    retryable: true,
  },
  handler_refused: {
    sentence: 'A handler was told that it need not try again; the value is a dead letter at once.',
  },
  handler_timeout: {
    sentence: 'A handler took longer than its `timeout`; it is tried again, then the value is a dead letter.',
    retryable: true,
  },
  handler_aborted: {
    sentence: 'A handler was told to stop because its pipeline ends or starts again; the value comes again.',
    retryable: true,
  },
  handler_module: {
    sentence:
      'The module of a handler cannot be loaded, or does not export a handler; the message says what.',
  },
  dead_letter_unknown: {
    sentence: 'There is no such dead letter: it was replayed, deleted, or was the oldest of too many.',
  },
} as const satisfies ErrorCatalogue;

/** A stable code of the pipelines' errors. */
export type PipelineErrorCode = keyof typeof pipelineErrors;

/** An error of a pipeline. */
export class PipelineError extends TrunklineError<PipelineErrorCode> {
  constructor(code: PipelineErrorCode, message: string, options?: TrunklineErrorOptions) {
    super(pipelineErrors, code, message, options);
  }
}
