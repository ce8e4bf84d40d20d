/** A JSON value; numbers that a double cannot hold exactly are kept as their text. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => JsonValue;
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Returns the value of a JSON text, or undefined when it is not one. */
export function parseLossless(text: string): JsonValue | undefined {
  try {
    return parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value,
    );
  } catch {
    return undefined;
  }
}
