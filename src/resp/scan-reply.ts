import { readReply } from '../protocol/resp/reply-reader.ts';
import { ReplyWriter } from '../protocol/resp/reply-writer.ts';
import type { ScanCursors } from './scan-cursors.ts';

const pair = Buffer.from('*2\r\n');

/** The reply of SCAN with a number in place of the storage's position. An error is left as it is. */
export function numberedScanReply(reply: Buffer, cursors: ScanCursors): Buffer {
  if (!reply.subarray(0, pair.length).equals(pair)) return reply;
  const position = readReply(reply, pair.length);
  if (position === undefined || !(position.value instanceof Buffer)) return reply;
  const writer = new ReplyWriter(reply.length + 32);
  writer.raw(pair);
  writer.text(String(cursors.add(position.value)));
  writer.raw(reply.subarray(position.end));
  return writer.take();
}

/** The position behind the cursor that a client gave; undefined: it is none, or is forgotten. */
export function scanPosition(cursor: string, cursors: ScanCursors): Buffer | undefined {
  if (!/^[0-9]{0,15}$/.test(cursor)) return undefined;
  return cursors.position(Number(cursor));
}
