import { isUtf8 } from 'node:buffer';
import { decodeString } from './json-string.ts';
import { MemberCursor } from './member-cursor.ts';
import { CLOSE_ARRAY, COMMA, MAX_DEPTH, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './skip-json.ts';

/** A response's error object: code and message decoded, data left as bytes. */
export interface ScannedError {
  readonly code: number;
  readonly message: string;
  /** First byte of the data value, `-1` when there is none. */
  readonly dataStart: number;
  /** One past the last byte of the data value, `-1` when there is none. */
  readonly dataEnd: number;
}

/** One JSON-RPC response; positions are byte offsets into the scanned `source`, `-1` when the member is absent. */
export interface ScannedResponse {
  readonly idStart: number;
  readonly idEnd: number;
  readonly resultStart: number;
  readonly resultEnd: number;
  readonly errorStart: number;
  readonly errorEnd: number;
  readonly error?: ScannedError;
}

/**
 * Finds id, result and error of one response without decoding the result. All of its bytes are checked: what this
 * returns is whole and valid JSON, so it can be passed on as it is.
 *
 * A vendor's liberties that leave no doubt are taken as they are: no `jsonrpc`, no `id`, `"error": null` beside a
 * result. Both a result and an error, or neither, are no response.
 *
 * @returns `undefined` when the bytes are not one whole, valid response: truncated, garbage, bad UTF-8.
 */
export function scanResponse(
  source: Buffer,
  start = 0,
  end: number = source.length,
): ScannedResponse | undefined {
  const at = skipSpace(source, start, end);
  if (at >= end || source[at] !== OPEN_OBJECT) return undefined;
  if (!isUtf8(start === 0 && end === source.length ? source : source.subarray(start, end))) return undefined;
  const members = new MemberCursor(source, at, end, MAX_DEPTH - 1);
  const response = readResponse(source, members, end);
  return response !== undefined && skipSpace(source, members.at, end) === end ? response : undefined;
}

/** Finds the responses of a batch, in its order; `undefined`: not an array of whole, valid responses. */
export function scanBatchResponse(source: Buffer): ScannedResponse[] | undefined {
  const end = source.length;
  let at = skipSpace(source, 0, end);
  if (at >= end || source[at] !== OPEN_ARRAY || !isUtf8(source)) return undefined;
  const responses: ScannedResponse[] = [];
  at = skipSpace(source, at + 1, end);
  if (at < end && source[at] === CLOSE_ARRAY)
    return skipSpace(source, at + 1, end) === end ? responses : undefined;
  for (;;) {
    if (at >= end || source[at] !== OPEN_OBJECT) return undefined;
    const members = new MemberCursor(source, at, end, MAX_DEPTH - 2);
    const response = readResponse(source, members, end);
    if (response === undefined) return undefined;
    responses.push(response);
    at = skipSpace(source, members.at, end);
    const next = at < end ? source[at] : undefined;
    at = skipSpace(source, at + 1, end);
    if (next === CLOSE_ARRAY) return at === end ? responses : undefined;
    if (next !== COMMA) return undefined;
  }
}

function readResponse(source: Buffer, members: MemberCursor, end: number): ScannedResponse | undefined {
  let idStart = -1;
  let idEnd = -1;
  let resultStart = -1;
  let resultEnd = -1;
  let errorStart = -1;
  let errorEnd = -1;
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(RESULT)) {
      if (resultStart >= 0) return undefined;
      resultStart = valueStart;
      resultEnd = valueEnd;
    } else if (members.keyIs(ID)) {
      if (idStart >= 0 || !isScalarId(source[valueStart]!)) return undefined;
      idStart = valueStart;
      idEnd = valueEnd;
    } else if (members.keyIs(ERROR)) {
      if (errorStart >= 0) return undefined;
      if (source[valueStart] === LETTER_N) continue;
      errorStart = valueStart;
      errorEnd = valueEnd;
    }
  }
  if (members.at < 0 || resultStart >= 0 === errorStart >= 0) return undefined;
  const found = { idStart, idEnd, resultStart, resultEnd, errorStart, errorEnd };
  if (errorStart < 0) return found;
  const error = readError(source, errorStart, end);
  return error === undefined ? undefined : { ...found, error };
}

function readError(source: Buffer, start: number, end: number): ScannedError | undefined {
  if (source[start] !== OPEN_OBJECT) return undefined;
  let code: number | undefined;
  let message: string | undefined;
  let dataStart = -1;
  let dataEnd = -1;
  const members = new MemberCursor(source, start, end, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(CODE)) {
      if (code !== undefined) return undefined;
      code = Number(source.toString('latin1', valueStart, Math.min(valueEnd, valueStart + LONGEST_CODE)));
    } else if (members.keyIs(MESSAGE)) {
      if (message !== undefined || source[valueStart] !== QUOTE) return undefined;
      message = decodeString(source, valueStart, valueEnd);
    } else if (members.keyIs(DATA)) {
      if (dataStart >= 0) return undefined;
      dataStart = valueStart;
      dataEnd = valueEnd;
    }
  }
  return message !== undefined && Number.isSafeInteger(code)
    ? { code: code!, message, dataStart, dataEnd }
    : undefined;
}

/** By its first byte: neither an object, an array nor a truth value. */
function isScalarId(first: number): boolean {
  return first === QUOTE || first === LETTER_N || first === 0x2d || (first >= 0x30 && first <= 0x39);
}

const LETTER_N = 0x6e;
const LONGEST_CODE = 24;
const ID = Buffer.from('id');
const RESULT = Buffer.from('result');
const ERROR = Buffer.from('error');
const CODE = Buffer.from('code');
const MESSAGE = Buffer.from('message');
const DATA = Buffer.from('data');
