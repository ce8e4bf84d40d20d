import { PipelineError } from '../errors.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import { nameOf } from '../promised.ts';

/**
 * Whether a handler wants an item.
 * @throws PipelineError `handler_refused`: it says neither yes nor no; whatever its `accepts` throws
 */
export function acceptsItem<Value>(handler: Handler<Value>, item: PipelineItem<Value>): boolean {
  if (handler.accepts === undefined) return true;
  const answer: unknown = handler.accepts(item);
  if (typeof answer === 'boolean') return answer;
  const problem = `\`accepts\` of handler ${handler.id} returned ${nameOf(answer)}; it has to return true or false, and at once`;
  throw new PipelineError('handler_refused', problem);
}
