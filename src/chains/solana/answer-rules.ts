import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, OPEN_OBJECT } from '../../protocol/json-rpc/skip-json.ts';
import { type AnswerRules, isNull, type ShownPlace } from '../answer-rules.ts';
import type { BlockDemand, BlockTag, MethodPolicy } from '../chain-family.ts';
import { readSlot } from './slot-head.ts';

/**
 * What is known of how far a client has seen the chain go, one line a commitment, for slots and for block heights.
 *
 * A slot lasts 400 ms, so that of several sound providers hardly two are at the same one. `getSlot` and
 * `getBlockHeight` therefore never go back, but are not asked again either: one that comes lower is answered with the
 * highest number that was answered before, which is true, for the chain has been there. The `context.slot` of all other
 * answers raises the line and is left as it is: asking again until a provider is far enough along would send most
 * reads out twice, and a client that needs a state no older than what it has seen says so with `minContextSlot`.
 */
export const answerRules: AnswerRules = {
  missing,
  shown,
  result: (method, number) =>
    method === 'getSlot' || method === 'getBlockHeight' ? String(number) : undefined,
};

/** A node that has not seen a blockhash yet answers like one for which it has expired: that counts as missing, too. */
function missing(method: string, body: Buffer, start: number, end: number): number {
  if (isNull(body, start, end)) return 1;
  const isLacking = lacking[method];
  if (isLacking === undefined || body[start] !== OPEN_OBJECT) return 0;
  const members = new MemberCursor(body, start, end, MAX_DEPTH);
  while (members.next())
    if (members.keyIs(VALUE)) return isLacking(body, members.valueStart, members.valueEnd);
  return 0;
}

/** How much of what was asked for the `value` of a result does not have. */
const lacking: Readonly<Record<string, ((body: Buffer, start: number, end: number) => number) | undefined>> =
  Object.assign(Object.create(null), {
    getSignatureStatuses: nulls,
    getFeeForMessage: (body: Buffer, start: number, end: number) => (isNull(body, start, end) ? 1 : 0),
    isBlockhashValid: (body: Buffer, start: number) => (body[start] === LETTER_F ? 1 : 0),
    simulateTransaction: unknownBlockhash,
  });

function unknownBlockhash(body: Buffer, start: number, end: number): number {
  if (body[start] !== OPEN_OBJECT) return 0;
  const members = new MemberCursor(body, start, end, MAX_DEPTH);
  while (members.next()) {
    if (!members.keyIs(ERR)) continue;
    return body.toString('latin1', members.valueStart, members.valueEnd) === '"BlockhashNotFound"' ? 1 : 0;
  }
  return 0;
}

/** Those among the elements of an array. */
function nulls(body: Buffer, start: number, end: number): number {
  if (body[start] !== OPEN_ARRAY) return 0;
  let count = 0;
  const elements = new ElementCursor(body, start, end, MAX_DEPTH);
  while (elements.next()) if (body[elements.valueStart] === LETTER_N) count++;
  return count;
}

function shown(
  { method }: MethodPolicy,
  demand: BlockDemand,
  body: Buffer,
  start: number,
  end: number,
): ShownPlace | undefined {
  if (demand.kind !== 'tag') return undefined;
  if (method === 'getSlot')
    return { line: slotLine(demand.tag), number: readSlot(body, start, end), rule: 'lifted' };
  if (method === 'getBlockHeight')
    return { line: `height:${demand.tag}`, number: readSlot(body, start, end), rule: 'lifted' };
  const number = contextSlot(body, start, end);
  return number === undefined ? undefined : { line: slotLine(demand.tag), number, rule: 'noted' };
}

/** What providers report as their heads are slots that were processed. */
function slotLine(tag: BlockTag): string {
  return tag === 'processed' ? 'head' : `slot:${tag}`;
}

/** The slot in `{"context":{"apiVersion":"…","slot":…},…`, written as nodes write it. */
function contextSlot(body: Buffer, start: number, end: number): number | undefined {
  if (
    end - start < CONTEXT.length ||
    body.compare(CONTEXT, 0, CONTEXT.length, start, start + CONTEXT.length) !== 0
  )
    return undefined;
  const last = Math.min(end, start + LONGEST_CONTEXT);
  const at = body.subarray(start, last).indexOf(SLOT);
  if (at < 0) return undefined;
  const from = start + at + SLOT.length;
  let to = from;
  while (to < last && body[to]! >= 0x30 && body[to]! <= 0x39) to++;
  return readSlot(body, from, to);
}

const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const ERR = Buffer.from('err');
const VALUE = Buffer.from('value');
const CONTEXT = Buffer.from('{"context":{');
const SLOT = Buffer.from('"slot":');
/** Bytes at the front of a result among which its context is looked for. */
const LONGEST_CONTEXT = 96;
