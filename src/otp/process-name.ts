declare const protocol: unique symbol;

/** The fields of a structured name, such as `{ type: 'message_aggregator', id: 'ethereum' }`. */
export type NameFields = Readonly<Record<string, string | number | boolean>>;

/** A key of a registry: a structured name or a plain value. Comparison is strict: `1` is not `'1'`. */
export type RegistryKey = ProcessName | NameFields | string | number;

/** A structured process name that carries the messages its holder takes. Made by `processName`. */
export class ProcessName<in Call = never, in Cast = never, in Info = never> {
  declare readonly [protocol]: (call: Call, cast: Cast, info: Info) => void;
  readonly fields: NameFields;
  /** The canonical text that the registry looks up. */
  readonly key: string;

  constructor(fields: NameFields) {
    this.fields = fields;
    this.key = canonicalKey(fields);
  }

  toString(): string {
    return Object.values(this.fields).join(':');
  }
}

/**
 * The name of a process whose messages are `Call`, `Cast` and `Info`. Declare it once beside the behaviour:
 * `export const breakerName = (id: string) => processName<BreakerCall, BreakerCast>({ type: 'circuit_breaker', id })`.
 */
export function processName<Call = never, Cast = never, Info = never>(
  fields: NameFields,
): ProcessName<Call, Cast, Info> {
  return new ProcessName(fields);
}

/** The text under which a registry files `key`; equal for equal fields in whatever order they are written. */
export function canonicalKey(key: RegistryKey): string {
  if (key instanceof ProcessName) return key.key;
  if (typeof key !== 'object') return JSON.stringify(key);
  const fields = Object.keys(key).sort();
  return JSON.stringify(fields.map(field => [field, key[field]]));
}
