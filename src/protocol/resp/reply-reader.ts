/**
 * A decoded reply: a bulk string is a `Buffer` (a view of the source), a simple string or a verbatim text a `string`,
 * an integer beyond 2^53 a `bigint`; sets and pushes are arrays. Bulk keys of a map are decoded to strings.
 */
export type RespValue =
  | Buffer
  | string
  | number
  | bigint
  | boolean
  | null
  | RespError
  | RespValue[]
  | Map<RespValue, RespValue>;

/** An error reply, as a value: errors inside of arrays are ordinary. */
export class RespError {
  /** The whole line without its `-`: `ERR unknown command …`. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** The first word: `ERR`, `WRONGTYPE`. */
  get code(): string {
    return this.message.split(' ', 1)[0]!;
  }
}

/** A reply and the offset behind it. */
export interface ReadReply {
  readonly value: RespValue;
  readonly end: number;
}

const cr = 0x0d;
const lf = 0x0a;
const maxDepth = 64;

/** Decodes the reply at `at`, RESP2 or RESP3. Never throws. @returns undefined when it is cut or malformed */
export function readReply(source: Buffer, at = 0): ReadReply | undefined {
  const cursor = new ReplyCursor(source, at);
  const value = cursor.next();
  return value === undefined ? undefined : { value, end: cursor.at };
}

/** The offset behind the reply at `at`; -1 when it is cut or malformed. */
export function skipReply(source: Buffer, at = 0): number {
  // Replies that follow; an aggregate adds its elements.
  let missing = 1;
  while (missing > 0) {
    const line = lineEnd(source, at);
    if (line === -1) return -1;
    const type = source[at]!;
    const next = line + 2;
    missing--;
    switch (type) {
      case 0x2b: // +
      case 0x2d: // -
      case 0x3a: // :
      case 0x5f: // _
      case 0x23: // #
      case 0x2c: // ,
      case 0x28: // (
        at = next;
        break;
      case 0x24: // $
      case 0x3d: // =
      case 0x21: {
        const length = lengthIn(source, at + 1, line);
        if (length === undefined) return -1;
        at = length === -1 ? next : next + length + 2;
        if (at > source.length) return -1;
        break;
      }
      default: {
        const count = lengthIn(source, at + 1, line);
        const perEntry = elementsPerEntry(type);
        if (count === undefined || perEntry === 0) return -1;
        if (count > 0) missing += count * perEntry;
        // Attributes precede the reply that they belong to.
        if (type === 0x7c) missing++;
        at = next;
      }
    }
  }
  return at;
}

/** Decodes replies one by one. */
export class ReplyCursor {
  readonly #source: Buffer;
  /** Offset of the next reply. */
  at: number;

  constructor(source: Buffer, at = 0) {
    this.#source = source;
    this.at = at;
  }

  /** The next reply; undefined when there is none, or it is cut or malformed. */
  next(): RespValue | undefined {
    return this.#read(0);
  }

  #read(depth: number): RespValue | undefined {
    const source = this.#source;
    const start = this.at;
    const line = lineEnd(source, start);
    if (line === -1 || depth > maxDepth) return undefined;
    this.at = line + 2;
    switch (source[start]) {
      case 0x2b: // +
        return source.toString('utf8', start + 1, line);
      case 0x2d: // -
        return new RespError(source.toString('utf8', start + 1, line));
      case 0x3a: // :
        return integer(source, start + 1, line);
      case 0x28: // (
        return bigNumber(source.toString('latin1', start + 1, line));
      case 0x24: // $
        return this.#bulk(start, line);
      case 0x3d: {
        const text = this.#bulk(start, line);
        return text instanceof Buffer ? text.toString('utf8', 4) : text;
      }
      case 0x21: {
        const text = this.#bulk(start, line);
        return text instanceof Buffer ? new RespError(text.toString()) : text;
      }
      case 0x5f: // _
        return line === start + 1 ? null : undefined;
      case 0x23: // #
        return boolean(source, start + 1, line);
      case 0x2c: // ,
        return double(source.toString('latin1', start + 1, line));
      case 0x2a: // *
      case 0x7e: // ~
      case 0x3e: // >
        return this.#array(lengthIn(source, start + 1, line), depth);
      case 0x25: // %
        return this.#map(lengthIn(source, start + 1, line), depth);
      case 0x7c: // |
        return this.#map(lengthIn(source, start + 1, line), depth) && this.#read(depth + 1);
      default:
        return undefined;
    }
  }

  #bulk(start: number, line: number): Buffer | null | undefined {
    const length = lengthIn(this.#source, start + 1, line);
    if (length === undefined || length === -1) return length === -1 ? null : undefined;
    const end = this.at + length;
    if (end + 2 > this.#source.length) return undefined;
    const bytes = this.#source.subarray(this.at, end);
    this.at = end + 2;
    return bytes;
  }

  #array(count: number | undefined, depth: number): RespValue[] | null | undefined {
    if (count === undefined || count === -1) return count === -1 ? null : undefined;
    const values: RespValue[] = [];
    for (let i = 0; i < count; i++) {
      const value = this.#read(depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }

  #map(count: number | undefined, depth: number): Map<RespValue, RespValue> | undefined {
    if (count === undefined || count === -1) return undefined;
    const values = new Map<RespValue, RespValue>();
    for (let i = 0; i < count; i++) {
      const key = this.#read(depth + 1);
      const value = key === undefined ? undefined : this.#read(depth + 1);
      if (key === undefined || value === undefined) return undefined;
      values.set(key instanceof Buffer ? key.toString() : key, value);
    }
    return values;
  }
}

/** Offset of the CRLF of the line at `at`; -1 when it is not there. */
function lineEnd(source: Buffer, at: number): number {
  if (at >= source.length) return -1;
  let end = at + 1;
  // Lengths are short; errors are found by the native search.
  for (const near = at + 24; end < near; end++) if (source[end] === cr) break;
  if (source[end] !== cr) end = source.indexOf(cr, end);
  return end === -1 || source[end + 1] !== lf ? -1 : end;
}

/** The length between `start` and `end`; -1: null; undefined: not a length. */
function lengthIn(source: Buffer, start: number, end: number): number | undefined {
  if (end - start === 2 && source[start] === 0x2d && source[start + 1] === 0x31) return -1;
  if (end === start || end - start > 10) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = source[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function integer(source: Buffer, start: number, end: number): number | bigint | undefined {
  if (end - start < 10) {
    const value = lengthIn(source, start, end);
    if (value !== undefined && value >= 0) return value;
  }
  return bigNumber(source.toString('latin1', start, end));
}

function bigNumber(text: string): number | bigint | undefined {
  if (!/^[+-]?[0-9]{1,1000}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value + 0 : BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function boolean(source: Buffer, start: number, end: number): boolean | undefined {
  if (end - start !== 1) return undefined;
  return source[start] === 0x74 ? true : source[start] === 0x66 ? false : undefined;
}

function double(text: string): number | undefined {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  if (text === 'nan') return Number.NaN;
  return /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : undefined;
}

/** Replies per entry of an aggregate; 0: not an aggregate. */
function elementsPerEntry(type: number): number {
  if (type === 0x2a || type === 0x7e || type === 0x3e) return 1;
  return type === 0x25 || type === 0x7c ? 2 : 0;
}
