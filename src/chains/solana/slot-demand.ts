import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { decodeString } from '../../protocol/json-rpc/json-string.ts';
import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../protocol/json-rpc/skip-json.ts';
import type { BlockDemand } from '../chain-family.ts';
import type { Commitment } from './commitment.ts';
import type { SlotUse } from './methods.ts';
import { readSlot } from './slot-head.ts';

/** What a call's params say about the state that it is answered from. */
interface StateWanted {
  readonly commitment: Commitment;
  /** `minContextSlot` */
  readonly minimum: number | undefined;
  /** Numbers and all else that stands before the options, as far as they are whole numbers. */
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/**
 * The slot that a call needs its provider to have, read off the bytes of its params (`-1, -1`: none), which are valid
 * JSON. Nothing of it is changed on the way up: a commitment or a `minContextSlot` means to the node what it meant to
 * the client; here they only decide who is asked first.
 */
export function slotDemand(
  use: SlotUse | 'none',
  source: Buffer,
  paramsStart: number,
  paramsEnd: number,
): BlockDemand {
  if (use === 'none') return NONE;
  if (use === 'processed') return TAGS.processed;
  const { commitment, minimum, first, second } = readState(source, paramsStart, paramsEnd);
  if (use === 'slot' || use === 'range') {
    const last = use === 'range' ? second : first;
    if (last !== undefined)
      return { kind: 'number', number: Math.max(last, minimum ?? 0), from: first ?? last };
    if (first !== undefined) return { kind: 'tag', tag: commitment, from: first };
  }
  return minimum === undefined ? TAGS[commitment] : { kind: 'tag', tag: commitment, atLeast: minimum };
}

/**
 * Reads the params of any method: the options are the last object among them.
 * https://solana.com/docs/rpc#configuring-state-commitment
 */
function readState(source: Buffer, paramsStart: number, paramsEnd: number): StateWanted {
  let commitment: Commitment = 'finalized';
  let minimum: number | undefined;
  let first: number | undefined;
  let second: number | undefined;
  if (paramsStart >= 0 && source[paramsStart] === OPEN_ARRAY) {
    const params = new ElementCursor(source, paramsStart, paramsEnd, MAX_DEPTH);
    for (let index = 0; params.next(); index++) {
      const { valueStart, valueEnd } = params;
      if (index === 0) first = readSlot(source, valueStart, valueEnd);
      else if (index === 1) second = readSlot(source, valueStart, valueEnd);
      if (source[valueStart] === OPEN_OBJECT) {
        const options = readOptions(source, valueStart, valueEnd);
        commitment = options.commitment;
        minimum = options.minimum;
      }
    }
  }
  return { commitment, minimum, first, second };
}

function readOptions(source: Buffer, start: number, end: number) {
  let commitment: Commitment = 'finalized';
  let minimum: number | undefined;
  const members = new MemberCursor(source, start, end, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(COMMITMENT) || members.keyIs(PREFLIGHT_COMMITMENT)) {
      if (source[valueStart] === QUOTE && valueEnd - valueStart <= LONGEST_NAME)
        commitment = named.get(decodeString(source, valueStart, valueEnd)) ?? 'finalized';
    } else if (members.keyIs(MIN_CONTEXT_SLOT)) minimum = readSlot(source, valueStart, valueEnd);
  }
  return { commitment, minimum };
}

const NONE: BlockDemand = Object.freeze({ kind: 'none' });
const TAGS = {
  processed: Object.freeze({ kind: 'tag', tag: 'processed' }),
  confirmed: Object.freeze({ kind: 'tag', tag: 'confirmed' }),
  finalized: Object.freeze({ kind: 'tag', tag: 'finalized' }),
} as const satisfies Record<Commitment, BlockDemand>;

/** With the names that nodes took before 1.5 and old clients still send. */
const named: ReadonlyMap<string, Commitment> = new Map<string, Commitment>([
  ['processed', 'processed'],
  ['recent', 'processed'],
  ['confirmed', 'confirmed'],
  ['single', 'confirmed'],
  ['singleGossip', 'confirmed'],
  ['finalized', 'finalized'],
  ['root', 'finalized'],
  ['max', 'finalized'],
]);
/** `"singleGossip"` with each letter as an escape. */
const LONGEST_NAME = 74;
const COMMITMENT = Buffer.from('commitment');
const PREFLIGHT_COMMITMENT = Buffer.from('preflightCommitment');
const MIN_CONTEXT_SLOT = Buffer.from('minContextSlot');
