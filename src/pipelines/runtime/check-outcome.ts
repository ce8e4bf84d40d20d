import type { ParseOutcome } from '../pipeline.ts';
import { isPromised, nameOf } from '../promised.ts';

const forms = '{ kind: "parsed", values: […] }, { kind: "filtered" } or { kind: "error", message: "…" }';

/**
 * What a parser returned, where it is what a parser may return; in its place an error that says what is wrong. What it
 * throws is what the object itself throws when it is looked at.
 */
export function checkOutcome(returned: unknown): ParseOutcome<unknown> {
  if (typeof returned !== 'object' || returned === null)
    return wrong(`the parser returned ${nameOf(returned)}; it has to return ${forms}`);
  const outcome = returned as ParseOutcome<unknown>;
  switch (outcome.kind) {
    case 'filtered':
      return outcome;
    case 'parsed':
      return checkParsed(outcome);
    case 'error':
      return typeof outcome.message === 'string'
        ? outcome
        : wrong('the parser returned an error without a message');
    default:
      return wrong(
        isPromised(returned)
          ? 'the parser returned a promise: parse has to be synchronous; what takes time is for a handler'
          : `the parser returned ${nameOf(returned)} of no known kind; it has to return ${forms}`,
      );
  }
}

function checkParsed(outcome: ParseOutcome<unknown> & { readonly kind: 'parsed' }): ParseOutcome<unknown> {
  const values: unknown = outcome.values;
  const problems: unknown = outcome.problems;
  if (!Array.isArray(values))
    return wrong(`the parser returned \`values\` that are ${nameOf(values)}, not an array`);
  let promises = 0;
  // All of them: each one that is left alone could be a rejection that nobody takes.
  for (const value of values) if (value instanceof Promise && isPromised(value)) promises++;
  if (promises > 0)
    return wrong('the parser returned a promise among its values: parse has to be synchronous');
  if (problems !== undefined && !Array.isArray(problems))
    return wrong(`the parser returned \`problems\` that are ${nameOf(problems)}, not an array`);
  return outcome;
}

const wrong = (message: string): ParseOutcome<unknown> => ({ kind: 'error', message });
