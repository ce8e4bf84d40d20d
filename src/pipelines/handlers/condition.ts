import type { Handler, PipelineItem } from '../pipeline.ts';
import { acceptsItem } from './accepts-item.ts';
import { wrapHandler } from './wrap-handler.ts';

/** Which values a handler takes, in the mode `conditional`. All that is given has to hold. */
export interface Condition {
  /** Where in the value to look: keys with dots between, `data.amount`. */
  readonly path: string;
  /** What has to stand there; integers are compared as numbers, however they are written. */
  readonly equals?: string | number | boolean | null | undefined;
  /** Whether anything has to stand there. */
  readonly exists?: boolean | undefined;
  /** The number there has to be greater. */
  readonly above?: number | undefined;
  /** The number there has to be smaller. */
  readonly below?: number | undefined;
}

/** A handler that takes only the values for which a condition holds. */
export function conditional<Value>(handler: Handler<Value>, condition: Condition): Handler<Value> {
  const accepts = (item: PipelineItem<Value>) => holds(condition, item.value) && acceptsItem(handler, item);
  return wrapHandler(handler, { accepts });
}

/** Whether a condition holds for a value. */
export function holds(condition: Condition, value: unknown): boolean {
  const found = lookUp(value, condition.path);
  const { equals, exists, above, below } = condition;
  if (exists !== undefined && (found !== undefined && found !== null) !== exists) return false;
  if (equals !== undefined && !isEqual(found, equals)) return false;
  if (above === undefined && below === undefined) return true;
  const number = numberOf(found);
  if (number === undefined) return false;
  return (above === undefined || number > above) && (below === undefined || number < below);
}

function lookUp(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

function isEqual(found: unknown, wanted: string | number | boolean | null): boolean {
  if (found === wanted) return true;
  const number = typeof wanted === 'boolean' || wanted === null ? undefined : numberOf(wanted);
  const foundNumber = numberOf(found);
  if (number === undefined || foundNumber === undefined) return false;
  // A bigint stands where the number or the digits stand that mean the same.
  return foundNumber <= number && foundNumber >= number;
}

const integer = /^-?\d{1,40}$/;

function numberOf(found: unknown): number | bigint | undefined {
  if (typeof found === 'number' || typeof found === 'bigint') return found;
  return typeof found === 'string' && integer.test(found) ? BigInt(found) : undefined;
}
