/**
 * A frame of requests, little-endian, entries one behind the other:
 *
 *     u32 id, u8 store, u8 flags (1 atomic, 2 write), u8 RESP version of the replies, u8 0,
 *     u32 number of commands, u32 byte length of the packed commands, packed commands
 *
 * A frame of replies:
 *
 *     u32 id, u32 byte length, that many bytes: one RESP reply per command
 */
const requestHeader = 16;
const replyHeader = 8;

/** What a frame's writer needs to know of a request. */
export interface FrameEntry {
  readonly store: number;
  readonly isAtomic: boolean;
  readonly access: 'read' | 'write';
  readonly protocol: 2 | 3;
  readonly count: number;
  readonly commands: Buffer;
}

/** Bytes that `entry` takes in a frame. */
const requestBytes = (entry: FrameEntry): number => requestHeader + entry.commands.length;

/** Writes the first `length` entries, with their ids, into one buffer of exactly that size, to be transferred. */
export function writeRequestFrame(
  entries: readonly FrameEntry[],
  ids: readonly number[],
  length = entries.length,
): ArrayBuffer {
  let bytes = 0;
  for (let i = 0; i < length; i++) bytes += requestBytes(entries[i]!);
  const frame = Buffer.from(new ArrayBuffer(bytes));
  let at = 0;
  for (let i = 0; i < length; i++) {
    const entry = entries[i]!;
    frame.writeUInt32LE(ids[i]!, at);
    frame[at + 4] = entry.store;
    frame[at + 5] = (entry.isAtomic ? 1 : 0) | (entry.access === 'write' ? 2 : 0);
    frame[at + 6] = entry.protocol;
    frame.writeUInt32LE(entry.count, at + 8);
    frame.writeUInt32LE(entry.commands.length, at + 12);
    frame.set(entry.commands, at + requestHeader);
    at += requestHeader + entry.commands.length;
  }
  return frame.buffer as ArrayBuffer;
}

/** An entry as the storage thread reads it; `start` and `end` bound its packed commands in the frame. */
export interface RequestEntry {
  readonly id: number;
  readonly store: number;
  readonly isAtomic: boolean;
  readonly isWrite: boolean;
  readonly protocol: 2 | 3;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** The entries of a frame. */
export function readRequestFrame(frame: Buffer): RequestEntry[] {
  const entries: RequestEntry[] = [];
  for (let at = 0; at < frame.length; ) {
    const start = at + requestHeader;
    const end = start + frame.readUInt32LE(at + 12);
    entries.push({
      id: frame.readUInt32LE(at),
      store: frame[at + 4]!,
      isAtomic: (frame[at + 5]! & 1) !== 0,
      isWrite: (frame[at + 5]! & 2) !== 0,
      protocol: frame[at + 6] === 2 ? 2 : 3,
      count: frame.readUInt32LE(at + 8),
      start,
      end,
    });
    at = end;
  }
  return entries;
}

/** Bytes before each reply in a frame of replies: `writeReplyHeader` fills them once the reply's length is known. */
export const replyHeaderBytes = replyHeader;

export function writeReplyHeader(frame: Buffer, at: number, id: number, byteLength: number): void {
  frame.writeUInt32LE(id, at);
  frame.writeUInt32LE(byteLength, at + 4);
}

/** Hands each reply of a frame to `take`; `reply` is a view of the frame. */
export function readReplyFrame(frame: Buffer, take: (id: number, reply: Buffer) => void): void {
  for (let at = 0; at < frame.length; ) {
    const start = at + replyHeader;
    const end = start + frame.readUInt32LE(at + 4);
    take(frame.readUInt32LE(at), frame.subarray(start, end));
    at = end;
  }
}
