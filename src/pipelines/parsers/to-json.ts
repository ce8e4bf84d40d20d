/** What JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const maxDepth = 128;

/**
 * A parsed value as JSON can hold it: integers beyond 32 bits (bigints) as decimal strings, bytes as base64, numbers
 * that JSON has no word for as `"NaN"`, `"Infinity"`, `"-Infinity"`, maps as lists of pairs; keys are base58 already.
 * Fields keep their order, so that equal values give equal text; undefined ones are left out.
 *
 * @throws {TypeError} a value that is nested deeper than 128 or holds itself, a function or a symbol
 */
export function toJson(value: unknown): JsonValue {
  return convert(value, 0);
}

function convert(value: unknown, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value.toString();
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : convertObject(value, depth + 1);
    default:
      throw new TypeError(`a ${typeof value} has no form in JSON`);
  }
}

function convertObject(value: object, depth: number): JsonValue {
  if (depth > maxDepth) throw new TypeError(`the value is nested deeper than ${maxDepth}, or holds itself`);
  if (Array.isArray(value)) return value.map(element => convert(element, depth));
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Map || value instanceof Set)
    return Array.from(value as Iterable<unknown>, element => convert(element, depth));
  if ('toJSON' in value && typeof value.toJSON === 'function') return convert(value.toJSON(), depth);
  const result: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    // Else the name would set the prototype.
    if (name === '__proto__')
      Object.defineProperty(result, name, { value: convert(field, depth), enumerable: true });
    else result[name] = convert(field, depth);
  }
  return result;
}
