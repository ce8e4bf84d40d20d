import { z } from 'zod';
import { jsonRegistry } from '../field.ts';

/** What a value parser says about a bad value: what was expected, and how to write it. */
export interface Expectation {
  /** Completes "expected …". */
  readonly expected: string;
  /** What to do instead. */
  readonly hint?: string;
}

/** The outcome of reading one scalar. */
export type Parsed<T> = { readonly value: T } | Expectation;

/** How a value type looks to an editor (JSON Schema) and in the docs. */
export interface ValueType {
  readonly json: Readonly<Record<string, unknown>>;
  /** The type's name in the docs, e.g. "duration". */
  readonly type: string;
}

/** The `params` of the zod issue that a value parser raises. */
export interface ValueIssueParams extends Expectation {
  readonly kind: 'value';
}

/** A schema whose values `parse` reads; its errors say what was expected and never repeat the value itself. */
export function value<Input, Output>(type: ValueType, parse: (input: unknown) => Parsed<Output>) {
  const schema = z
    .custom<Input>(() => true)
    .transform((input, context): Output => {
      const parsed = parse(input);
      if ('value' in parsed) return parsed.value;
      const params: ValueIssueParams = { kind: 'value', ...parsed };
      context.addIssue({
        code: 'custom',
        message: `expected ${parsed.expected}`,
        params: { ...params },
        input,
      });
      return z.NEVER;
    });
  jsonRegistry.add(schema, type);
  return schema;
}

/** A string in the file that takes its value from the environment; editors accept it wherever a value may stand. */
export const referenceJson = {
  type: 'string',
  pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}',
} as const;
