import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_OBJECT, skipSpace } from '../../protocol/json-rpc/skip-json.ts';
import type { Head } from '../chain-family.ts';
import { parseQuantity } from './quantity.ts';

/**
 * The head in a block or a header, as `eth_getBlockByNumber` and `newHeads` give them.
 *
 * @returns `undefined` for anything else, `null` included, and for a block without its number, hashes or time.
 */
export function parseHead(result: Buffer): Head | undefined {
  const start = skipSpace(result, 0, result.length);
  if (result[start] !== OPEN_OBJECT) return undefined;
  let number: number | undefined;
  let hash: string | undefined;
  let parentHash: string | undefined;
  let timestamp: number | undefined;
  const members = new MemberCursor(result, start, result.length, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(NUMBER)) number = parseQuantity(result, valueStart, valueEnd);
    else if (members.keyIs(HASH)) hash = parseHash(result, valueStart, valueEnd);
    else if (members.keyIs(PARENT_HASH)) parentHash = parseHash(result, valueStart, valueEnd);
    else if (members.keyIs(TIMESTAMP)) timestamp = parseQuantity(result, valueStart, valueEnd);
  }
  if (number === undefined || hash === undefined || parentHash === undefined || timestamp === undefined)
    return undefined;
  return members.at < 0 ? undefined : { number, hash, parentHash, timestamp };
}

/** `"0x` and 64 digits, quotes included in the range. */
function parseHash(source: Buffer, start: number, end: number): string | undefined {
  const hash = end - start === 68 ? source.toString('latin1', start + 1, end - 1) : '';
  return /^0x[\da-f]{64}$/i.test(hash) ? hash : undefined;
}

const NUMBER = Buffer.from('number');
const HASH = Buffer.from('hash');
const PARENT_HASH = Buffer.from('parentHash');
const TIMESTAMP = Buffer.from('timestamp');
