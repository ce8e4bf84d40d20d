/** A WebSocket frame, RFC 6455 section 5.2. */
export interface WebSocketFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
  /** The frame as it came. */
  readonly wire: Buffer;
}

/** The opcodes that are told apart. */
export const opcode = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

/** The largest frame that is taken apart: 128 MiB. */
const frameLimit = 128 * 1024 * 1024;

/** Cuts a byte stream into frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 2;

  /** Whether the stream stands between two frames. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Takes in bytes and returns the frames that are complete now.
   *
   * @throws Error on a frame above 128 MiB
   */
  push(chunk: Buffer): WebSocketFrame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: WebSocketFrame[] = [];
    if (this.#length < this.#needed) return frames;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      const header = headerLength(bytes);
      if (bytes.length < header) {
        this.#needed = header;
        break;
      }
      const total = header + payloadLength(bytes);
      if (total > frameLimit) throw new Error('WebSocket frame too long');
      if (bytes.length < total) {
        this.#needed = total;
        break;
      }
      frames.push(decode(bytes.subarray(0, total), header));
      bytes = bytes.subarray(total);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
    return frames;
  }
}

/** Follows a byte stream that is passed on untouched, to know where its frames end. */
export class FrameWalker {
  readonly #header = Buffer.alloc(14);
  #have = 0;
  #left = 0;

  /** Whether the stream stands between two frames. */
  get isBetween(): boolean {
    return this.#have === 0 && this.#left === 0;
  }

  /** Walks over `chunk`; with `toBoundary` only to the end of the frame begun. Returns where it stopped. */
  walk(chunk: Buffer, toBoundary: boolean): number {
    let at = 0;
    while (at < chunk.length && !(toBoundary && this.isBetween)) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      this.#header[this.#have++] = chunk[at++] as number;
      const header = this.#header.subarray(0, this.#have);
      if (this.#have < headerLength(header)) continue;
      this.#left = payloadLength(header);
      this.#have = 0;
    }
    return at;
  }
}

/** A frame as a server sends it. */
export function serverFrame(code: number, payload: Buffer, isFinal = true): Buffer {
  return Buffer.concat([frameHeader(code, payload.length, isFinal, 0), payload]);
}

/** A frame as a client sends it; its mask is zero, which leaves the payload as it is. */
export function clientFrame(code: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(code, payload.length, true, 0x80), Buffer.alloc(4), payload]);
}

function frameHeader(code: number, length: number, isFinal: boolean, mask: number): Buffer {
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (isFinal ? 0x80 : 0) | code;
  if (header.length === 2) header[1] = mask | length;
  else if (header.length === 4) {
    header[1] = mask | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return header;
}

/** The length of the header as far as the bytes tell: 2 until the second byte is there. */
function headerLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const second = bytes[1] as number;
  const extended = (second & 0x7f) === 127 ? 8 : (second & 0x7f) === 126 ? 2 : 0;
  return 2 + extended + (second & 0x80 ? 4 : 0);
}

function payloadLength(bytes: Buffer): number {
  const short = (bytes[1] as number) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

function decode(wire: Buffer, header: number): WebSocketFrame {
  const first = wire[0] as number;
  const frame = { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, wire };
  const raw = wire.subarray(header);
  if (((wire[1] as number) & 0x80) === 0) return { ...frame, payload: raw };
  const payload = Buffer.from(raw);
  for (let i = 0; i < payload.length; i++)
    payload[i] = (payload[i] as number) ^ (wire[header - 4 + (i & 3)] as number);
  return { ...frame, payload };
}
