import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { decodeString } from '../../protocol/json-rpc/json-string.ts';
import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipValue } from '../../protocol/json-rpc/skip-json.ts';
import type { BlockDemand, BlockTag } from '../chain-family.ts';
import type { BlockUse } from './methods.ts';
import { parseQuantity } from './quantity.ts';

/**
 * The block that a call needs its provider to have, read off the bytes of its params (`-1, -1`: none), which are valid
 * JSON. What no node would take for a block demands none: the node that gets it says what is wrong.
 *
 * Block parameters are read as [execution-apis](https://github.com/ethereum/execution-apis) and EIP-1898 have them:
 * a tag, a number, a hash, or an object with `blockNumber` or `blockHash`; of a member that comes twice, the last
 * counts, as it does for nodes.
 */
export function blockDemand(
  use: BlockUse | 'none',
  source: Buffer,
  paramsStart: number,
  paramsEnd: number,
): BlockDemand {
  switch (use) {
    case 'none':
      return NONE;
    case 'hash':
      return HASH;
    case 'latest':
      return LATEST;
    case 'filter': {
      const start = element(source, paramsStart, paramsEnd, 0);
      return start >= 0 && source[start] === OPEN_OBJECT ? readFilter(source, start, paramsEnd) : LATEST;
    }
    default: {
      const start = element(source, paramsStart, paramsEnd, use);
      return start < 0 ? LATEST : readBlock(source, start, skipValue(source, start, paramsEnd, MAX_DEPTH));
    }
  }
}

const NONE: BlockDemand = Object.freeze({ kind: 'none' });
const HASH: BlockDemand = Object.freeze({ kind: 'hash' });
const TAGS = {
  latest: Object.freeze({ kind: 'tag', tag: 'latest' }),
  safe: Object.freeze({ kind: 'tag', tag: 'safe' }),
  finalized: Object.freeze({ kind: 'tag', tag: 'finalized' }),
  pending: Object.freeze({ kind: 'tag', tag: 'pending' }),
  earliest: Object.freeze({ kind: 'tag', tag: 'earliest' }),
} as const satisfies Partial<Record<BlockTag, BlockDemand>>;
const LATEST = TAGS.latest;

/** The position of the params' element at `index`, or -1. */
function element(source: Buffer, start: number, end: number, index: number): number {
  if (start < 0 || source[start] !== OPEN_ARRAY) return -1;
  const elements = new ElementCursor(source, start, end, MAX_DEPTH);
  for (let skipped = 0; skipped < index; skipped++) if (!elements.next()) return -1;
  return elements.nextStart() ? elements.valueStart : -1;
}

function readBlock(source: Buffer, start: number, end: number): BlockDemand {
  const first = source[start]!;
  if (first === QUOTE) return readBlockString(source, start, end);
  if (first === LETTER_N) return LATEST;
  if (first === OPEN_OBJECT) return readBlockObject(source, start, end);
  if (first < 0x30 || first > 0x39) return NONE;
  return numbered(Number(source.toString('latin1', start, Math.min(end, start + LONGEST_NUMBER))));
}

function readBlockString(source: Buffer, start: number, end: number): BlockDemand {
  // 0x and 64 digits, in quotes.
  if (end - start === 68 && source[start + 1] === 0x30) return HASH;
  const number = parseQuantity(source, start, end);
  if (number !== undefined) return numbered(number);
  if (end - start > LONGEST_TAG) return NONE;
  const text = decodeString(source, start, end);
  return Object.hasOwn(TAGS, text) ? TAGS[text as keyof typeof TAGS] : NONE;
}

function readBlockObject(source: Buffer, start: number, end: number): BlockDemand {
  let demand: BlockDemand = LATEST;
  const members = new MemberCursor(source, start, end, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (source[valueStart] === LETTER_N) continue;
    if (members.keyIs(BLOCK_HASH)) demand = HASH;
    else if (members.keyIs(BLOCK_NUMBER) && source[valueStart] !== OPEN_OBJECT) {
      demand = readBlock(source, valueStart, valueEnd);
    }
  }
  return demand;
}

function readFilter(source: Buffer, start: number, end: number): BlockDemand {
  let from: BlockDemand = LATEST;
  let to: BlockDemand = LATEST;
  const members = new MemberCursor(source, start, end, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(BLOCK_HASH)) {
      if (source[valueStart] !== LETTER_N) return HASH;
    } else if (members.keyIs(FROM_BLOCK)) {
      from = readBlock(source, valueStart, valueEnd);
    } else if (members.keyIs(TO_BLOCK)) {
      to = readBlock(source, valueStart, valueEnd);
    }
  }
  return span(from, to);
}

/** The newer end of a range decides who can serve it; the older one, who still has it. */
function span(from: BlockDemand, to: BlockDemand): BlockDemand {
  if (from.kind === 'none' || to.kind === 'none' || from.kind === 'hash' || to.kind === 'hash') return NONE;
  const oldest = from.kind === 'number' ? from.number : from.tag === 'earliest' ? 0 : undefined;
  const newest = isMovingTag(to) ? to : isMovingTag(from) ? from : undefined;
  if (newest !== undefined) return oldest === undefined ? newest : { ...newest, from: oldest };
  const last = to.kind === 'number' ? to.number : 0;
  return { kind: 'number', number: Math.max(last, oldest ?? 0), from: Math.min(last, oldest ?? 0) };
}

function isMovingTag(demand: BlockDemand): boolean {
  return demand.kind === 'tag' && demand.tag !== 'earliest';
}

function numbered(number: number): BlockDemand {
  return Number.isSafeInteger(number) ? { kind: 'number', number } : NONE;
}

const LETTER_N = 0x6e;
/** `"finalized"` with each letter as an escape. */
const LONGEST_TAG = 56;
const LONGEST_NUMBER = 24;
const BLOCK_HASH = Buffer.from('blockHash');
const BLOCK_NUMBER = Buffer.from('blockNumber');
const FROM_BLOCK = Buffer.from('fromBlock');
const TO_BLOCK = Buffer.from('toBlock');
