import { isUtf8 } from 'node:buffer';
import { decodeString, startsWith } from './json-string.ts';
import { MemberCursor } from './member-cursor.ts';
import { methodName } from './method-name.ts';
import {
  CLOSE_ARRAY,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  skipValue,
  TOO_DEEP,
} from './skip-json.ts';

/** One JSON-RPC call found in a request body; every position is a byte offset into the scanned `source`. */
export interface ScannedCall {
  /** First byte of the call's object. */
  readonly start: number;
  /** One past the last byte of the call's object. */
  readonly end: number;
  /** First byte of the id value, `-1` for a notification. */
  readonly idStart: number;
  /** One past the last byte of the id value, `-1` for a notification. */
  readonly idEnd: number;
  /**
   * Every server gives this id back byte for byte: it is a whole number of at most 15 digits without a sign, or a
   * string of 1 to 64 of `A-Za-z0-9_.:-`.
   */
  readonly idPlain: boolean;
  /** The method's name, JSON escapes resolved. */
  readonly method: string;
  /** First byte of the params value, `-1` when there is none. */
  readonly paramsStart: number;
  /** One past the last byte of the params value, `-1` when there is none. */
  readonly paramsEnd: number;
}

/** Why a request, or one element of a batch, is refused; the id's range is `-1` when no valid id could be read. */
export interface RequestError {
  readonly kind: 'error';
  readonly code: -32700 | -32600;
  readonly message: string;
  readonly idStart: number;
  readonly idEnd: number;
}

/** What a request body holds. A bad element does not spoil the rest of its batch. */
export type ScannedRequest =
  | { readonly kind: 'call'; readonly call: ScannedCall }
  | { readonly kind: 'batch'; readonly items: readonly (ScannedCall | RequestError)[] }
  | RequestError;

/** The bounds of a request body. */
export interface RequestLimits {
  /** Levels of arrays and objects, the envelope included; one more is refused with -32600. */
  readonly maxDepth: number;
  /** Calls in one batch; one more is refused with a single -32600. */
  readonly maxBatch: number;
}

/**
 * Finds the calls of a request body in one pass and without decoding params; never throws.
 *
 * The whole body must be JSON in UTF-8: if it is not, or nests too deep, nothing of it is served. The envelope of each
 * call is read strictly ([JSON-RPC 2.0](https://www.jsonrpc.org/specification), as go-ethereum reads it) and has one
 * reading only, for the policies here and for whoever gets the bytes next: no envelope key may come twice, nor
 * spelled in another case, for servers in Go take `"METHOD"` for `"method"`. Other keys are ignored, and
 * `"params": null` is no params.
 */
export function scanRequest(source: Buffer, limits: RequestLimits): ScannedRequest {
  const end = source.length;
  const at = skipSpace(source, 0, end);
  if (at >= end || !isUtf8(source)) return parseError;
  if (source[at] === OPEN_ARRAY) return scanBatch(source, at, limits);
  const reader = new CallReader(source, limits.maxDepth);
  const item = reader.read(at);
  if (typeof item === 'number') return item === TOO_DEEP ? tooDeep : parseError;
  if (skipSpace(source, reader.at, end) !== end) return parseError;
  return 'kind' in item ? item : { kind: 'call', call: item };
}

function scanBatch(source: Buffer, start: number, limits: RequestLimits): ScannedRequest {
  const end = source.length;
  const items: (ScannedCall | RequestError)[] = [];
  const reader = new CallReader(source, limits.maxDepth - 1);
  let at = skipSpace(source, start + 1, end);
  if (source[at] === CLOSE_ARRAY) {
    return skipSpace(source, at + 1, end) === end ? invalid('the batch is empty') : parseError;
  }
  for (;;) {
    // Not read to its end: a batch of ten million must cost no more than one at the limit.
    if (items.length === limits.maxBatch) return invalid(`a batch holds at most ${limits.maxBatch} calls`);
    const item = reader.read(at);
    if (typeof item === 'number') return item === TOO_DEEP ? tooDeep : parseError;
    items.push(item);
    at = skipSpace(source, reader.at, end);
    const next = at < end ? source[at] : undefined;
    at = skipSpace(source, at + 1, end);
    if (next === CLOSE_ARRAY) return at === end ? { kind: 'batch', items } : parseError;
    if (next !== COMMA) return parseError;
  }
}

/** Reads one element, a call or not, wherever in the body it stands. */
class CallReader {
  /** The position behind what was read last. */
  at = 0;
  private readonly source: Buffer;
  private readonly maxDepth: number;
  private seen = 0;
  private problem: string | undefined;
  private idStart = -1;
  private idEnd = -1;
  private idPlain = false;
  private paramsStart = -1;
  private paramsEnd = -1;
  private method = '';

  constructor(source: Buffer, maxDepth: number) {
    this.source = source;
    this.maxDepth = maxDepth;
  }

  /** A call, what is wrong with it, or `NOT_JSON` or `TOO_DEEP` for all of the body. */
  read(start: number): ScannedCall | RequestError | number {
    const { source } = this;
    if (source[start] !== OPEN_OBJECT) {
      this.at = skipValue(source, start, source.length, this.maxDepth);
      return this.at < 0 ? this.at : invalid('a call is an object');
    }
    if (this.maxDepth < 1) return TOO_DEEP;
    this.seen = 0;
    this.problem = undefined;
    this.idStart = this.idEnd = this.paramsStart = this.paramsEnd = -1;
    this.idPlain = false;
    const members = new MemberCursor(source, start, source.length, this.maxDepth - 1);
    while (members.next()) {
      const key = envelopeKey(source, members.keyStart, members.keyEnd);
      if (key !== OTHER) this.take(key, members.valueStart, members.valueEnd);
    }
    this.at = members.at;
    return this.at < 0 ? this.at : this.judge(start, this.at);
  }

  private take(key: number, start: number, end: number): void {
    const { source } = this;
    if ((this.seen & key) !== 0) {
      // Of two ids, neither is the id.
      if (key === ID) this.idStart = this.idEnd = -1;
      this.problem ??= 'a member comes twice';
      return;
    }
    this.seen |= key;
    const first = source[start]!;
    switch (key) {
      case JSONRPC:
        if (!isVersion(source, start, end)) this.problem ??= 'jsonrpc must be "2.0"';
        break;
      case ID:
        if (isId(first)) {
          this.idStart = start;
          this.idEnd = end;
          this.idPlain = isPlainId(source, start, end);
        } else {
          this.problem ??= 'id must be a string, a number or null';
        }
        break;
      case METHOD:
        if (first === QUOTE) this.method = methodName(source, start, end);
        else this.problem ??= 'method must be a string';
        break;
      case PARAMS:
        if (first === OPEN_ARRAY || first === OPEN_OBJECT) {
          this.paramsStart = start;
          this.paramsEnd = end;
        } else if (first !== 0x6e) {
          this.problem ??= 'params must be an array or an object';
        }
        break;
      default:
        this.problem ??= 'members are spelled in lower case';
    }
  }

  private judge(start: number, end: number): ScannedCall | RequestError {
    const { idStart, idEnd, idPlain, method, paramsStart, paramsEnd, seen } = this;
    if ((seen & JSONRPC) === 0) this.problem ??= 'jsonrpc is missing';
    if ((seen & METHOD) === 0) this.problem ??= 'method is missing';
    if (this.problem !== undefined) return invalid(this.problem, idStart, idEnd);
    return { start, end, idStart, idEnd, idPlain, method, paramsStart, paramsEnd };
  }
}

const OTHER = 0;
const JSONRPC = 1;
const ID = 2;
const METHOD = 4;
const PARAMS = 8;
const LOOKALIKE = 16;

const JSONRPC_KEY = Buffer.from('jsonrpc');
const VERSION = Buffer.from('"2.0"');
const METHOD_KEY = Buffer.from('method');
const PARAMS_KEY = Buffer.from('params');

function envelopeKey(source: Buffer, start: number, end: number): number {
  switch (end - start) {
    case 2:
      if (source[start] === 0x69 && source[start + 1] === 0x64) return ID;
      break;
    case 6:
      if (startsWith(source, start, METHOD_KEY)) return METHOD;
      if (startsWith(source, start, PARAMS_KEY)) return PARAMS;
      break;
    case 7:
      if (startsWith(source, start, JSONRPC_KEY)) return JSONRPC;
  }
  // Seven letters, each as an escape, are the longest spelling of an envelope key.
  if (end - start > 42) return OTHER;
  const name = decodeString(source, start - 1, end + 1);
  return (
    keysByName.get(name) ?? (keysByName.has(name.toLowerCase().replaceAll('ſ', 's')) ? LOOKALIKE : OTHER)
  );
}

const keysByName = new Map([
  ['jsonrpc', JSONRPC],
  ['id', ID],
  ['method', METHOD],
  ['params', PARAMS],
]);

function isVersion(source: Buffer, start: number, end: number): boolean {
  if (end - start === VERSION.length) return startsWith(source, start, VERSION);
  return source[start] === QUOTE && end - start <= 20 && decodeString(source, start, end) === '2.0';
}

/** By its first byte: a string, a number or `null`. */
function isId(first: number): boolean {
  return first === QUOTE || first === 0x2d || (first >= 0x30 && first <= 0x39) || first === 0x6e;
}

function isPlainId(source: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (source[start] === QUOTE) {
    if (length < 3 || length > 66) return false;
    for (let at = start + 1; at < end - 1; at++) if (PLAIN_ID[source[at]!] === 0) return false;
    return true;
  }
  // No sign: servers that keep ids as unsigned numbers refuse one.
  if (length > 15 || (length > 1 && source[start] === 0x30)) return false;
  for (let at = start; at < end; at++) if (source[at]! < 0x30 || source[at]! > 0x39) return false;
  return true;
}

// Neither `<>&'+` nor `/`: the encoders of Go, .NET and PHP spell those as escapes.
const PLAIN_ID = new Uint8Array(256);
for (const byte of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-'))
  PLAIN_ID[byte] = 1;

function invalid(problem: string, idStart = -1, idEnd = -1): RequestError {
  return { kind: 'error', code: -32600, message: `Invalid request: ${problem}`, idStart, idEnd };
}

const parseError: RequestError = {
  kind: 'error',
  code: -32700,
  message: 'Parse error',
  idStart: -1,
  idEnd: -1,
};
const tooDeep: RequestError = invalid('it nests too deep');
