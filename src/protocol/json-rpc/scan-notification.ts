import { isUtf8 } from 'node:buffer';
import { decodeString } from './json-string.ts';
import { MemberCursor } from './member-cursor.ts';
import { type ScannedResponse, scanResponse } from './scan-response.ts';
import { MAX_DEPTH, NOT_JSON, OPEN_OBJECT, QUOTE, skipSpace } from './skip-json.ts';

/** One frame from an upstream WebSocket. */
export type ScannedFrame =
  | { readonly kind: 'response'; readonly response: ScannedResponse }
  | {
      readonly kind: 'notification';
      /** e.g. `eth_subscription` or `slotNotification`. */
      readonly method: string;
      /** The upstream's subscription id: a string's text, or a number's digits. */
      readonly subscription: string;
      /** First byte of `params.result` in the frame. */
      readonly resultStart: number;
      /** One past the last byte of `params.result`. */
      readonly resultEnd: number;
    };

/**
 * Tells a response from a subscription's notification, in one pass over the frame and decoding neither's result.
 *
 * @returns `undefined` when the frame is neither, or is not valid JSON in UTF-8.
 */
export function scanFrame(source: Buffer): ScannedFrame | undefined {
  const end = source.length;
  const start = skipSpace(source, 0, end);
  if (start >= end || source[start] !== OPEN_OBJECT || !isUtf8(source)) return undefined;
  const members = new MemberCursor(source, start, end, MAX_DEPTH - 1);
  const event: ScannedEvent = { subscription: undefined, resultStart: -1, resultEnd: -1 };
  let method: string | undefined;
  while (members.nextKey()) {
    const { valueStart } = members;
    const first = source[valueStart];
    if (members.keyIs(METHOD)) {
      if (first !== QUOTE || method !== undefined || !members.skip()) return undefined;
      method = decodeString(source, valueStart, members.valueEnd);
    } else if (members.keyIs(PARAMS) && first === OPEN_OBJECT) {
      if (event.resultStart >= 0 || !members.endValueAt(readParams(source, valueStart, event)))
        return undefined;
    } else if (method === undefined && (members.keyIs(ID) || members.keyIs(RESULT) || members.keyIs(ERROR))) {
      const response = scanResponse(source);
      return response === undefined ? undefined : { kind: 'response', response };
    } else if (!members.skip()) {
      return undefined;
    }
  }
  if (members.at < 0 || skipSpace(source, members.at, end) !== end) return undefined;
  const { subscription, resultStart, resultEnd } = event;
  if (method === undefined || subscription === undefined || resultStart < 0) return undefined;
  return { kind: 'notification', method, subscription, resultStart, resultEnd };
}

interface ScannedEvent {
  subscription: string | undefined;
  resultStart: number;
  resultEnd: number;
}

/** Reads `params`, an object that starts at `start`, and returns the position behind it, or a negative one. */
function readParams(source: Buffer, start: number, event: ScannedEvent): number {
  const members = new MemberCursor(source, start, source.length, MAX_DEPTH - 2);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(RESULT)) {
      if (event.resultStart >= 0) return NOT_JSON;
      event.resultStart = valueStart;
      event.resultEnd = valueEnd;
    } else if (members.keyIs(SUBSCRIPTION)) {
      event.subscription = readId(source, valueStart, valueEnd);
    }
  }
  return members.at;
}

function readId(source: Buffer, start: number, end: number): string | undefined {
  const first = source[start]!;
  if (first === QUOTE) return decodeString(source, start, end);
  return first >= 0x30 && first <= 0x39 ? source.toString('latin1', start, end) : undefined;
}

const ID = Buffer.from('id');
const RESULT = Buffer.from('result');
const ERROR = Buffer.from('error');
const METHOD = Buffer.from('method');
const PARAMS = Buffer.from('params');
const SUBSCRIPTION = Buffer.from('subscription');
