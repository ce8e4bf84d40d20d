/** What `toPlainData` makes of a value: JSON without surprises. */
export type PlainData = string | number | boolean | null | PlainData[] | PlainObject;

/** An object of plain data; it has no prototype. */
export interface PlainObject {
  [key: string]: PlainData;
}

/** How `toPlainData` treats what it finds. */
export interface PlainDataOptions {
  /** Applied to every text, keys included; must bound its length. */
  readonly text: (text: string) => string;
  /** Whether the value behind this key is replaced whole. */
  readonly isSecretKey: (key: string) => boolean;
  /** Stands in for such a value. */
  readonly secretMark: string;
  /** Adds the stacks of errors. @default false */
  readonly stacks?: boolean;
}

/** Set on what was an `Error`; JSON does not show it. */
export const wasError = Symbol('wasError');

/**
 * Turns any value into bounded plain data: depth 8, 100 entries a level, 2,000 values in all. Errors become
 * objects of name, code, message, details and cause. Never throws, whatever getters and proxies do.
 */
export function toPlainData(value: unknown, options: PlainDataOptions): PlainData {
  return new Walk(options).visit(value, 0);
}

/** As `toPlainData` for the fields of a line; fields that cannot be read at all are left out. */
export function toPlainFields(
  fields: Readonly<Record<string, unknown>>,
  options: PlainDataOptions,
): PlainObject {
  return new Walk(options).fields(fields);
}

const maxDepth = 8;
const maxEntries = 100;
const maxValues = 2000;

class Walk {
  readonly #options: PlainDataOptions;
  readonly #ancestors = new Set<object>();
  #left = maxValues;

  constructor(options: PlainDataOptions) {
    this.#options = options;
  }

  fields(fields: Readonly<Record<string, unknown>>): PlainObject {
    try {
      return this.#entries(ownEntries(fields), 0);
    } catch {
      return Object.create(null);
    }
  }

  visit(value: unknown, depth: number): PlainData {
    if (this.#left-- <= 0) return '[more]';
    switch (typeof value) {
      case 'string':
        return this.#options.text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return value;
      case 'bigint':
      case 'symbol':
        return this.#options.text(String(value));
      case 'undefined':
        return '[undefined]';
      case 'function':
        return '[function]';
      case 'object':
        return value === null ? null : this.#guarded(value, depth);
    }
  }

  /** A key may be all digits. */
  #number(value: number): PlainData {
    if (!Number.isFinite(value)) return String(value);
    if (Math.abs(value) < 100_000 && Number.isInteger(value)) return value;
    const written = String(value);
    const redacted = this.#options.text(written);
    return redacted === written ? value : redacted;
  }

  #guarded(value: object, depth: number): PlainData {
    if (this.#ancestors.has(value)) return '[circular]';
    if (depth >= maxDepth) return '[deep]';
    this.#ancestors.add(value);
    try {
      return this.#object(value, depth);
    } catch {
      return '[unreadable]';
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #object(value: object, depth: number): PlainData {
    if (value instanceof Error) return this.#error(value, depth);
    if (Array.isArray(value)) return this.#list(value, depth);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
    if (value instanceof URL || value instanceof RegExp) return this.#options.text(String(value));
    if (value instanceof Map || value instanceof Headers) return this.#entries(value.entries(), depth);
    if (value instanceof Set) return this.#list(value, depth);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.visit(value.toJSON(), depth + 1);
    return this.#entries(ownEntries(value), depth);
  }

  #list(values: Iterable<unknown>, depth: number): PlainData {
    const list: PlainData[] = [];
    let previous: unknown;
    for (const value of values) {
      if (list.length >= maxEntries) {
        list.push('[more]');
        break;
      }
      // Raw headers are lists of names and values in turn.
      const secret = typeof previous === 'string' && typeof value === 'string' && this.#isSecretKey(previous);
      list.push(secret ? this.#options.secretMark : this.visit(value, depth + 1));
      previous = value;
    }
    return list;
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>, depth: number): PlainObject {
    const object: PlainObject = Object.create(null);
    let count = 0;
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      if (++count > maxEntries) {
        object['…'] = '[more]';
        break;
      }
      const name = typeof key === 'string' ? key : JSON.stringify(this.visit(key, depth + 1));
      object[this.#options.text(name)] = this.#isSecretKey(name)
        ? this.#options.secretMark
        : this.visit(value, depth + 1);
    }
    return object;
  }

  #error(error: Error, depth: number): PlainData {
    const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
    const name = error.name;
    const fields: [string, unknown][] = [];
    if (name !== 'Error' && name !== 'TrunklineError') fields.push(['name', name]);
    fields.push(['code', code], ['message', error.message]);
    if (!isEmptyObject(details)) {
      fields.push(['details', details]);
    }
    fields.push(['cause', error.cause]);
    if (error instanceof AggregateError) fields.push(['errors', error.errors]);
    if (this.#options.stacks) fields.push(['stack', error.stack]);
    return Object.defineProperty(this.#entries(fields, depth), wasError, { value: true });
  }

  #isSecretKey(key: string): boolean {
    return this.#options.isSecretKey(key);
  }
}

/** The details of an error that has none. */
function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Own enumerable entries one by one, so that a huge object costs no more than what is taken of it. */
function* ownEntries(object: object): Generator<readonly [string, unknown]> {
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue;
    let value: unknown;
    try {
      value = (object as Record<string, unknown>)[key];
    } catch {
      value = '[unreadable]';
    }
    yield [key, value];
  }
}
