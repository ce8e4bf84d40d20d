const headLimit = 64 * 1024;
const endOfHead = Buffer.from('\r\n\r\n');
const patterns = {
  'content-length': /\r\ncontent-length:[ \t]*([^\r]*)/i,
  'transfer-encoding': /\r\ntransfer-encoding:[ \t]*([^\r]*)/i,
  connection: /\r\nconnection:[ \t]*([^\r]*)/i,
  upgrade: /\r\nupgrade:[ \t]*([^\r]*)/i,
} as const;

type Body = 'none' | 'length' | 'chunked' | 'until-close';

/**
 * One HTTP/1.1 message in a byte stream: finds where it ends without decoding it.
 *
 * It is a fraction of what an HTTP library does for a message, and so of its CPU time: a healthy provider only
 * has to know where a message ends, and passes the bytes on.
 */
export class HttpMessage {
  readonly #isResponse: boolean;
  readonly #collects: boolean;
  readonly #hasBody: boolean;
  #chunks: Buffer[] = [];
  #partialHead: Buffer | undefined;
  #headLength = 0;
  #body: Body = 'none';
  #left = 0;
  #line = '';
  #chunkState: 'size' | 'data' | 'trailer' = 'size';
  /** Start line and headers, up to and with the line break of the last header; empty until they are complete. */
  head = '';
  isComplete = false;

  /** `collect` keeps the bytes for `wire()` and `body()`; `isBodyless` is for the answer to HEAD. */
  constructor(
    role: 'request' | 'response',
    options: { readonly collect: boolean; readonly isBodyless?: boolean },
  ) {
    this.#isResponse = role === 'response';
    this.#collects = options.collect;
    this.#hasBody = options.isBodyless !== true;
  }

  /** Whether only the end of the connection ends the message. */
  get endsWithConnection(): boolean {
    return this.#body === 'until-close';
  }

  /** The bytes of the head, its blank line included (needs `collect`). */
  get headLength(): number {
    return this.#headLength;
  }

  /**
   * Takes in bytes and returns how many of them belong to this message.
   *
   * @throws Error on a head above 64 KiB or a chunk size that is not a number
   */
  push(chunk: Buffer): number {
    let at = 0;
    while (this.head === '') {
      at = this.#pushHead(chunk, at);
      if (at === -1) return chunk.length;
      // An interim answer (100, 103) goes before the one that counts.
      if (this.#isResponse && / 1(?!01)\d\d/.test(this.head.slice(8, 12))) this.#restart();
    }
    if (!this.isComplete) {
      const end = this.#pushBody(chunk, at);
      if (this.#collects && end > at) this.#chunks.push(chunk.subarray(at, end));
      at = end;
    }
    return at;
  }

  /** The value of a header, in lower case, or undefined. */
  header(name: keyof typeof patterns): string | undefined {
    return patterns[name].exec(this.head)?.[1]?.toLowerCase();
  }

  /** The message as it came (needs `collect`). */
  wire(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
  }

  /** The body, without the framing of a chunked one (needs `collect`). */
  body(): Buffer {
    const raw = this.wire().subarray(this.#headLength);
    return this.#body === 'chunked' ? joinChunks(raw) : raw;
  }

  #restart(): void {
    this.head = '';
    this.isComplete = false;
    this.#chunks = [];
    this.#body = 'none';
  }

  /** Returns where the body begins, or -1 when the head goes on. */
  #pushHead(chunk: Buffer, from: number): number {
    const before = this.#partialHead?.length ?? 0;
    const fresh = from === 0 ? chunk : chunk.subarray(from);
    const bytes = this.#partialHead === undefined ? fresh : Buffer.concat([this.#partialHead, fresh]);
    const end = bytes.indexOf(endOfHead, Math.max(0, before - 3));
    if (end === -1) {
      if (bytes.length > headLimit) throw new Error('HTTP head too long');
      this.#partialHead = bytes;
      return -1;
    }
    this.#partialHead = undefined;
    this.head = bytes.toString('latin1', 0, end + 2);
    this.#headLength = end + 4;
    if (this.#collects) this.#chunks.push(bytes.subarray(0, this.#headLength));
    this.#startBody();
    return from + this.#headLength - before;
  }

  #startBody(): void {
    const status = this.#isResponse ? Number(this.head.slice(9, 12)) : 0;
    const length = this.header('content-length');
    if (!this.#hasBody || status === 101 || status === 204 || status === 304) this.#body = 'none';
    else if (this.header('transfer-encoding')?.includes('chunked') === true) this.#body = 'chunked';
    else if (length !== undefined) {
      this.#body = 'length';
      this.#left = Number(length);
    } else this.#body = this.#isResponse ? 'until-close' : 'none';
    this.isComplete = this.#body === 'none' || (this.#body === 'length' && this.#left === 0);
  }

  #pushBody(chunk: Buffer, from: number): number {
    if (this.#body === 'until-close') return chunk.length;
    if (this.#body === 'chunked') return this.#pushChunked(chunk, from);
    const end = Math.min(chunk.length, from + this.#left);
    this.#left -= end - from;
    this.isComplete = this.#left === 0;
    return end;
  }

  #pushChunked(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !this.isComplete) {
      if (this.#chunkState === 'data') {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#chunkState = 'size';
        continue;
      }
      const newline = chunk.indexOf(10, at);
      const end = newline === -1 ? chunk.length : newline + 1;
      this.#line += chunk.toString('latin1', at, end);
      at = end;
      if (this.#line.length > headLimit) throw new Error('HTTP chunk header too long');
      if (newline !== -1) this.#endOfLine();
    }
    return at;
  }

  #endOfLine(): void {
    const line = this.#line.trim();
    this.#line = '';
    if (this.#chunkState === 'trailer') {
      this.isComplete = line === '';
      return;
    }
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size)) throw new Error('HTTP chunk without a size');
    this.#chunkState = size === 0 ? 'trailer' : 'data';
    this.#left = size + 2;
  }
}

function joinChunks(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const newline = raw.indexOf(10, at);
    const size = Number.parseInt(raw.toString('latin1', at, newline), 16);
    if (newline === -1 || !(size > 0)) break;
    parts.push(raw.subarray(newline + 1, newline + 1 + size));
    at = newline + 1 + size + 2;
  }
  return Buffer.concat(parts);
}
