import { ReplyWriter } from '../../protocol/resp/reply-writer.ts';
import { type RequestEntry, readReplyFrame, replyHeaderBytes, writeReplyHeader } from '../channel/frames.ts';

const initialBytes = 64 * 1024;

/** A backing that grew beyond this is given up once its replies are sent. */
const keptBytes = 4 * 1024 * 1024;

/** Collects the replies of entries into frames. */
export class ReplyFrames {
  writer = new ReplyWriter(initialBytes);
  #entryStart = 0;

  get isEmpty(): boolean {
    return this.writer.length === 0;
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.writer.length;
  }

  /** Begins the reply of an entry. */
  begin(entry: RequestEntry): void {
    this.#entryStart = this.writer.reserve(replyHeaderBytes);
    this.writer.protocol = entry.protocol;
  }

  /** Forgets what was written for the entry that was begun, and begins it again. */
  restart(): void {
    this.writer.truncate(this.#entryStart + replyHeaderBytes);
  }

  /** Completes the reply of the entry that was begun. */
  end(entry: RequestEntry): void {
    const { writer } = this;
    const start = this.#entryStart;
    writeReplyHeader(writer.buffer, start, entry.id, writer.length - start - replyHeaderBytes);
  }

  /** Forgets all replies. */
  discard(): void {
    this.writer.reset();
  }

  /** The replies so far as one frame to be transferred; begins anew. */
  take(): ArrayBuffer {
    const { writer } = this;
    const frame = new ArrayBuffer(writer.length);
    new Uint8Array(frame).set(new Uint8Array(writer.buffer.buffer, writer.buffer.byteOffset, writer.length));
    writer.reset();
    if (writer.buffer.length > keptBytes) this.writer = new ReplyWriter(initialBytes);
    return frame;
  }
}

/** The frame with the replies of those entries that write replaced by an error. */
export function withFailedWrites(
  frame: ArrayBuffer,
  entries: readonly RequestEntry[],
  line: string,
): ArrayBuffer {
  const frames = new ReplyFrames();
  const byId = new Map(entries.map(entry => [entry.id, entry]));
  readReplyFrame(Buffer.from(frame), (id, reply) => {
    const entry = byId.get(id);
    if (entry === undefined) return;
    frames.begin(entry);
    if (entry.isWrite) for (let i = 0; i < entry.count; i++) frames.writer.error(line);
    else frames.writer.raw(reply);
    frames.end(entry);
  });
  return frames.take();
}
