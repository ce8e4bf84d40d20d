import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, skipSpace } from '../../protocol/json-rpc/skip-json.ts';

const removedName = Buffer.from('removed');
const trueBytes = Buffer.from('true');
const removedMember = Buffer.from('"removed":true');
const comma = 0x2c;

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
