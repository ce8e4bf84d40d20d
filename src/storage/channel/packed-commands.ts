/**
 * Commands as bytes, one behind the other, little-endian:
 *
 *     u16 opcode   index of the command in the command table
 *     u16 0
 *     u32 argument count, without the command's name
 *     per argument: u32 length, bytes
 */
const headerBytes = 8;

/** Writes packed commands into one growing buffer, which is used again after `take`. */
export class CommandPacker {
  #buffer: Buffer;
  #length = 0;
  #count = 0;

  constructor(initialBytes = 4096) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Commands since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** Bytes since the last `take`. */
  get byteLength(): number {
    return this.#length;
  }

  /** Begins a command; exactly `argumentCount` calls of `argument` or `slice` follow. */
  begin(opcode: number, argumentCount: number): void {
    this.#reserve(headerBytes);
    const at = this.#length;
    this.#buffer.writeUInt32LE(opcode, at);
    this.#buffer.writeUInt32LE(argumentCount, at + 4);
    this.#length = at + headerBytes;
    this.#count++;
  }

  argument(bytes: Uint8Array): void {
    this.slice(bytes, 0, bytes.length);
  }

  /** An argument that is a text, as UTF-8. */
  text(text: string): void {
    const { length } = text;
    // Three bytes per UTF-16 unit at most.
    this.#reserve(4 + 3 * length);
    const target = this.#buffer;
    const start = this.#length + 4;
    let i = 0;
    if (length <= 32) {
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        target[start + i] = unit;
      }
    }
    const bytes = i === length ? length : target.write(text, start);
    target.writeUInt32LE(bytes, this.#length);
    this.#length = start + bytes;
  }

  /** An argument that is the bytes of `source` from `start` up to `end`. */
  slice(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(4 + length);
    const target = this.#buffer;
    let at = target.writeUInt32LE(length, this.#length);
    // A native copy costs more than a short loop.
    if (length <= 32) for (let i = start; i < end; i++) target[at++] = source[i]!;
    else target.set(source.subarray(start, end), at);
    this.#length += 4 + length;
  }

  /** The commands so far, copied out; begins anew. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(bytes, 0, 0, this.#length);
    this.#length = 0;
    this.#count = 0;
    return bytes;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Reads packed commands one by one; arguments are views of the source. */
export class CommandCursor {
  readonly #source: Buffer;
  #at: number;
  readonly #end: number;
  #opcode = 0;
  #argumentCount = 0;
  #argumentsAt = 0;

  constructor(source: Buffer, start = 0, end = source.length) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  get opcode(): number {
    return this.#opcode;
  }

  get argumentCount(): number {
    return this.#argumentCount;
  }

  /** Goes to the next command; false when there is none. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const source = this.#source;
    this.#opcode = source.readUInt16LE(this.#at);
    const count = source.readUInt32LE(this.#at + 4);
    this.#argumentCount = count;
    let at = this.#at + headerBytes;
    this.#argumentsAt = at;
    for (let i = 0; i < count; i++) at += 4 + source.readUInt32LE(at);
    this.#at = at;
    return true;
  }

  /** The argument at `index` as a view of the source. Constant time for the first one, linear behind. */
  argument(index: number): Buffer {
    const source = this.#source;
    let at = this.#argumentsAt;
    for (let i = 0; i < index; i++) at += 4 + source.readUInt32LE(at);
    const start = at + 4;
    return source.subarray(start, start + source.readUInt32LE(at));
  }

  /** All arguments as views of the source. */
  arguments(): Buffer[] {
    const source = this.#source;
    const views = new Array<Buffer>(this.#argumentCount);
    let at = this.#argumentsAt;
    for (let i = 0; i < this.#argumentCount; i++) {
      const start = at + 4;
      at = start + source.readUInt32LE(at);
      views[i] = source.subarray(start, at);
    }
    return views;
  }
}
