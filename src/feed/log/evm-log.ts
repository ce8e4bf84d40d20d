import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, QUOTE, skipSpace, skipString } from '../../protocol/json-rpc/skip-json.ts';

const addressName = Buffer.from('address');
const topicsName = Buffer.from('topics');
const removedName = Buffer.from('removed');
const trueBytes = Buffer.from('true');
const removedMember = Buffer.from('"removed":true');
const comma = 0x2c;

/** What subscriptions to a log are matched with. */
export interface LogSubject {
  /** `0x` and 40 digits, in small letters. */
  readonly address: string;
  /** The first topic, in small letters; undefined: it has none. */
  readonly topic0: string | undefined;
}

/** Reads address and first topic out of the bytes of one log object; undefined: it is not one. */
export function readLogSubject(log: Buffer): LogSubject | undefined {
  const cursor = new MemberCursor(log, skipSpace(log, 0, log.length), log.length, MAX_DEPTH);
  let address: string | undefined;
  let topic0: string | undefined;
  while (cursor.next()) {
    if (cursor.keyIs(addressName)) address = textAt(log, cursor.valueStart, cursor.valueEnd);
    else if (cursor.keyIs(topicsName)) {
      if (log[cursor.valueStart] !== OPEN_ARRAY) return undefined;
      topic0 = textAt(log, skipSpace(log, cursor.valueStart + 1, cursor.valueEnd), cursor.valueEnd);
    }
  }
  return cursor.at < 0 || address === undefined ? undefined : { address, topic0 };
}

/** The same log as it is taken back: `"removed":true`, put in where it is absent; undefined: not an object. */
export function asRemoved(log: Buffer): Buffer | undefined {
  const start = skipSpace(log, 0, log.length);
  const cursor = new MemberCursor(log, start, log.length, MAX_DEPTH);
  let valueStart = -1;
  let valueEnd = -1;
  let count = 0;
  for (; cursor.next(); count++) {
    if (!cursor.keyIs(removedName)) continue;
    valueStart = cursor.valueStart;
    valueEnd = cursor.valueEnd;
  }
  if (cursor.at < 0) return undefined;
  if (valueStart >= 0) return Buffer.concat([log.subarray(0, valueStart), trueBytes, log.subarray(valueEnd)]);
  const end = cursor.at - 1;
  const parts = count === 0 ? [removedMember] : [Buffer.of(comma), removedMember];
  return Buffer.concat([log.subarray(0, end), ...parts, log.subarray(end)]);
}

function textAt(source: Buffer, at: number, end: number): string | undefined {
  if (source[at] !== QUOTE) return undefined;
  const close = skipString(source, at + 1, end);
  return close < 0 ? undefined : source.toString('latin1', at + 1, close - 1).toLowerCase();
}
