import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from '../../protocol/json-rpc/skip-json.ts';
import type { LogFields, LogRules } from '../chain-family.ts';
import { bloomBits, bloomMayContain, bloomOf, parseBloom } from './logs-bloom.ts';
import { parseQuantity } from './quantity.ts';

/** How logs of the EVM read, and the blooms of its headers. */
export const logRules: LogRules = {
  read: readLog,
  bloomIn,
  parseBloom,
  bloomOf,
  bits: bloomBits,
  mayContain: bloomMayContain,
};

/**
 * What filters see of a log as `eth_getLogs` and `logs` subscriptions give it.
 *
 * @returns `undefined` for anything else, and for a log that has no block yet.
 */
function readLog(log: Buffer): LogFields | undefined {
  const start = skipSpace(log, 0, log.length);
  if (log[start] !== OPEN_OBJECT) return undefined;
  let address: string | undefined;
  let topics: readonly string[] | undefined;
  let index: number | undefined;
  let blockHash: string | undefined;
  let removed = false;
  const members = new MemberCursor(log, start, log.length, MAX_DEPTH);
  while (members.next()) {
    const { valueStart, valueEnd } = members;
    if (members.keyIs(ADDRESS)) address = hex(log, valueStart, valueEnd, 20);
    else if (members.keyIs(TOPICS)) topics = readTopics(log, valueStart, valueEnd);
    else if (members.keyIs(LOG_INDEX)) index = parseQuantity(log, valueStart, valueEnd);
    else if (members.keyIs(BLOCK_HASH)) blockHash = hex(log, valueStart, valueEnd, 32);
    else if (members.keyIs(REMOVED)) removed = log[valueStart] === 0x74;
  }
  if (members.at < 0 || address === undefined || topics === undefined) return undefined;
  if (index === undefined || blockHash === undefined) return undefined;
  return { address, topics, index, blockHash, removed };
}

/** The value of `logsBloom` in a block or a header; `undefined`: it has none. */
function bloomIn(header: Buffer): string | undefined {
  const start = skipSpace(header, 0, header.length);
  if (header[start] !== OPEN_OBJECT) return undefined;
  const members = new MemberCursor(header, start, header.length, MAX_DEPTH);
  while (members.next())
    if (members.keyIs(LOGS_BLOOM)) return hex(header, members.valueStart, members.valueEnd, 256);
  return undefined;
}

function readTopics(log: Buffer, start: number, end: number): readonly string[] | undefined {
  if (log[start] !== OPEN_ARRAY) return undefined;
  const topics: string[] = [];
  const elements = new ElementCursor(log, start, end, MAX_DEPTH);
  while (elements.next()) {
    const { valueStart, valueEnd } = elements;
    const topic = log[valueStart] === QUOTE ? hex(log, valueStart, valueEnd, 32) : undefined;
    if (topic === undefined || topics.length === 4) return undefined;
    topics.push(topic);
  }
  return elements.at < 0 ? undefined : topics;
}

const digits = /^0x[\da-f]+$/;

/** `"0x` and the digits of so many bytes, quotes included in the range; in small letters. */
function hex(source: Buffer, start: number, end: number, bytes: number): string | undefined {
  if (end - start !== 2 * bytes + 4) return undefined;
  const text = source.toString('latin1', start + 1, end - 1).toLowerCase();
  return digits.test(text) ? text : undefined;
}

const ADDRESS = Buffer.from('address');
const TOPICS = Buffer.from('topics');
const LOG_INDEX = Buffer.from('logIndex');
const BLOCK_HASH = Buffer.from('blockHash');
const REMOVED = Buffer.from('removed');
const LOGS_BLOOM = Buffer.from('logsBloom');
