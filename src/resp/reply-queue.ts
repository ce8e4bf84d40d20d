import { ReplyWriter } from '../protocol/resp/reply-writer.ts';

/** A place in the order of replies that is filled later. */
export interface ReplySlot {
  /** The bytes, once they are there; none for a command whose reply is not wanted. */
  reply: Buffer | undefined;
}

const initialBytes = 512;
/** A larger backing is given back once it is written. */
const keptBytes = 65_536;
/** A reply from here on is not copied, unless it would keep a much larger frame alive. */
const uncopiedBytes = 16_384;

/** The replies of one connection in the order of its commands, whichever are ready first. */
export class ReplyQueue {
  #writer = new ReplyWriter(initialBytes);
  /** Complete bytes in front of those in `#writer`. */
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** Replies that wait for the first of them; a `ReplyWriter` holds those that were written meanwhile. */
  #slots: (ReplySlot | ReplyWriter)[] = [];
  #head = 0;
  #waitingBytes = 0;

  /** Whether replies wait for one that is not there yet. */
  get isWaiting(): boolean {
    return this.#head < this.#slots.length;
  }

  /** Whether there are bytes to send. */
  get isReady(): boolean {
    return this.#chunkBytes > 0 || this.#writer.length > 0;
  }

  /** Bytes that are held, ready or not. */
  get byteLength(): number {
    let bytes = this.#chunkBytes + this.#writer.length + this.#waitingBytes;
    const last = this.#slots.at(-1);
    if (this.isWaiting && last instanceof ReplyWriter) bytes += last.length;
    return bytes;
  }

  /** Where to write replies that come now, behind all others. */
  writer(protocol: 2 | 3): ReplyWriter {
    let writer: ReplyWriter;
    const last = this.isWaiting ? this.#slots.at(-1) : undefined;
    if (!this.isWaiting) writer = this.#writer;
    else if (last instanceof ReplyWriter) writer = last;
    else {
      writer = new ReplyWriter(initialBytes);
      this.#slots.push(writer);
    }
    writer.protocol = protocol;
    return writer;
  }

  /** Keeps the place of a reply that comes later. */
  keep(slot: ReplySlot): void {
    const last = this.isWaiting ? this.#slots.at(-1) : undefined;
    if (last instanceof ReplyWriter) this.#waitingBytes += last.length;
    this.#slots.push(slot);
  }

  /** Fills a slot; it and what waited for it become ready if it is the first. */
  fill(slot: ReplySlot, reply: Buffer): void {
    slot.reply = reply;
    if (this.#slots[this.#head] === slot) this.#advance();
    else this.#waitingBytes += reply.length;
  }

  /** Hands out what is ready, in one piece where that is cheap. */
  take(): Buffer[] {
    this.#cut();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  #advance(): void {
    let isFirst = true;
    while (this.#head < this.#slots.length) {
      const slot = this.#slots[this.#head]!;
      if (slot instanceof ReplyWriter) {
        this.#writer.raw(slot.buffer.subarray(0, slot.length));
        if (this.#head < this.#slots.length - 1) this.#waitingBytes -= slot.length;
      } else if (slot.reply === undefined) break;
      else {
        this.#append(slot.reply);
        if (!isFirst) this.#waitingBytes -= slot.reply.length;
      }
      isFirst = false;
      this.#head++;
    }
    if (this.#head === this.#slots.length) {
      this.#slots.length = 0;
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#slots.length) {
      this.#slots.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #append(reply: Buffer): void {
    if (reply.length < uncopiedBytes || reply.length * 2 < reply.buffer.byteLength) {
      this.#writer.raw(reply);
      return;
    }
    this.#cut();
    this.#chunks.push(reply);
    this.#chunkBytes += reply.length;
  }

  /** Moves what `#writer` holds to the chunks. */
  #cut(): void {
    if (this.#writer.length === 0) return;
    this.#chunkBytes += this.#writer.length;
    this.#chunks.push(this.#writer.take());
    if (this.#writer.buffer.length > keptBytes) this.#writer = new ReplyWriter(initialBytes);
  }
}
