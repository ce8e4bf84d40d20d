import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_OBJECT, QUOTE } from '../../protocol/json-rpc/skip-json.ts';
import type { EventKind } from '../chain-family.ts';

/**
 * What makes an event the same event whichever provider it comes from: of a head its block hash, of a log its block,
 * its index there and whether it was removed (a log comes again, removed, when its block is orphaned), of a pending
 * transaction its hash.
 *
 * @param result The event's bytes, valid JSON.
 * @returns `undefined` when they are not an event of this kind.
 */
export function eventKey(kind: EventKind, result: Buffer): string | undefined {
  switch (kind) {
    case 'heads':
      return hashMember(result);
    case 'pending':
      // The hash alone, or the whole transaction for those who subscribe to it.
      return result[0] === QUOTE ? text(result, 0, result.length) : hashMember(result);
    case 'logs':
      return logKey(result);
    default:
      return undefined;
  }
}

/** The kind of stream that canonical subscribe params ask for; `undefined`: not one that providers share. */
export function eventKind(params: string): EventKind | undefined {
  if (params === '["newHeads"]') return 'heads';
  if (params === '["logs"]' || params.startsWith('["logs",')) return 'logs';
  if (params === '["newPendingTransactions"]' || params.startsWith('["newPendingTransactions",'))
    return 'pending';
  return undefined;
}

function hashMember(result: Buffer): string | undefined {
  if (result[0] !== OPEN_OBJECT) return undefined;
  const members = new MemberCursor(result, 0, result.length, MAX_DEPTH);
  while (members.next()) if (members.keyIs(HASH)) return text(result, members.valueStart, members.valueEnd);
  return undefined;
}

function logKey(result: Buffer): string | undefined {
  if (result[0] !== OPEN_OBJECT) return undefined;
  let blockHash: string | undefined;
  let logIndex: string | undefined;
  let removed = false;
  const members = new MemberCursor(result, 0, result.length, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(BLOCK_HASH)) blockHash = text(result, valueStart, valueEnd);
    else if (members.keyIs(LOG_INDEX)) logIndex = text(result, valueStart, valueEnd);
    else if (members.keyIs(REMOVED)) removed = result[valueStart] === 0x74;
  }
  return blockHash === undefined || logIndex === undefined
    ? undefined
    : `${blockHash}:${logIndex}:${removed}`;
}

/** The text between the quotes; hashes and quantities have no escapes. */
function text(result: Buffer, start: number, end: number): string | undefined {
  return result[start] === QUOTE && end - start > 2
    ? result.toString('latin1', start + 1, end - 1)
    : undefined;
}

const HASH = Buffer.from('hash');
const BLOCK_HASH = Buffer.from('blockHash');
const LOG_INDEX = Buffer.from('logIndex');
const REMOVED = Buffer.from('removed');
