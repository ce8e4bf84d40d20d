import { splitInline } from './split-inline.ts';

/** What a client may send before it is refused. */
export interface CommandLimits {
  /** Bytes of one argument. */
  readonly maxBulkBytes: number;
  /** Arguments of one command, its name included. */
  readonly maxArguments: number;
  /** Bytes of an inline command, and of the line that announces a length. */
  readonly maxInlineBytes: number;
  /** Bytes of one command, lengths and line breaks included. */
  readonly maxCommandBytes: number;
}

const cr = 0x0d;
const lf = 0x0a;
const none = Buffer.alloc(0);

/** What `#readLength` says instead of a length. */
const cut = -2;
const malformed = -3;
const tooLong = -4;

/** Redis' limits for a client that has not authenticated itself. */
const strangerArguments = 10;
const strangerBulkBytes = 16_384;

/** A buffer or list that grew above this is given back once its command is done. */
const keptBytes = 65_536;
const keptArguments = 1024;

/**
 * Turns the bytes of a connection into commands, arrays of bulk strings or inline ones, however they are split. An
 * argument is a range of `source`: nothing is copied where a command lies in one chunk.
 *
 *     parser.feed(chunk);
 *     while (parser.next()) use(parser.source, parser.starts, parser.ends, parser.count);
 *     if (parser.error !== undefined) …
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export class CommandParser {
  /** Whether the client may send large commands; before, Redis' small limits hold. */
  isTrusted = true;
  /** Holds the arguments of the command; valid, like the ranges, until the next call of `feed` or `next`. */
  source: Buffer = none;
  /** Offset of each argument in `source`; entries from `count` on mean nothing. */
  starts: number[] = [];
  /** Offset behind each argument in `source`. */
  ends: number[] = [];
  /** Arguments of the command, its name included; at least 1. */
  count = 0;

  readonly #limits: CommandLimits;
  #error: string | undefined;
  /** The bytes: a chunk as it came, or `#held`. */
  #bytes: Buffer = none;
  #end = 0;
  #at = 0;
  /** Where the command under way began. */
  #begin = 0;
  /** Bulks that the command under way lacks; 0: between two commands. */
  #missing = 0;
  /** Length of the bulk under way; -1: not read yet. */
  #bulk = -1;
  #filled = 0;
  /** Up to here there is no line break. */
  #searched = 0;
  #held: Buffer = none;

  constructor(limits: CommandLimits) {
    this.#limits = limits;
  }

  /** The error line to answer with before closing; there are no commands behind it. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Bytes that were fed and make no complete command yet. */
  get pendingBytes(): number {
    return this.#end - (this.#missing > 0 ? this.#begin : this.#at);
  }

  /** Bytes that are allocated for commands that came in parts. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Takes the next bytes of the connection, which must not be changed while they are in use. */
  feed(chunk: Buffer): void {
    if (this.#error !== undefined) return;
    const from = this.#missing > 0 ? this.#begin : this.#at;
    const rest = this.#end - from;
    if (rest === 0) {
      this.#bytes = chunk;
      this.#end = chunk.length;
      this.#at = this.#begin = this.#searched = 0;
      return;
    }
    this.#hold(from, rest, chunk.length);
    this.#held.set(chunk, rest);
    this.#end = rest + chunk.length;
  }

  /** Goes to the next complete command; false when there is none. */
  next(): boolean {
    if (this.#error !== undefined) return false;
    if (this.starts.length > keptArguments && this.#missing === 0) {
      this.starts = [];
      this.ends = [];
    }
    for (;;) {
      if (this.#missing === 0) {
        if (this.#at >= this.#end) {
          if (this.#held.length > keptBytes) this.#release();
          return false;
        }
        if (this.#bytes[this.#at] !== 0x2a) {
          const found = this.#inline();
          if (found !== undefined) return found;
          continue;
        }
        this.#begin = this.#at;
        const count = this.#readLength();
        if (count <= 0) {
          if (count === cut) return false;
          if (count === malformed) return this.#fail('invalid multibulk length');
          if (count === tooLong) return this.#fail('too big mbulk count string');
          continue;
        }
        if (count > this.#limits.maxArguments) return this.#fail('invalid multibulk length');
        if (count > strangerArguments && !this.isTrusted)
          return this.#fail('unauthenticated multibulk length');
        this.#missing = count;
        this.#filled = 0;
      }
      return this.#bulks();
    }
  }

  /** Reads the bulks that the command lacks; whether it is complete. */
  #bulks(): boolean {
    const { starts, ends } = this;
    do {
      let length = this.#bulk;
      if (length === -1) {
        const type = this.#at;
        length = this.#readLength();
        if (length === cut) return false;
        if (length === tooLong) return this.#fail('too big bulk count string');
        const byte = this.#bytes[type]!;
        if (byte !== 0x24) return this.#fail(`expected '$', got '${String.fromCharCode(byte)}'`);
        if (length < 0 || length > this.#limits.maxBulkBytes) return this.#fail('invalid bulk length');
        if (length > strangerBulkBytes && !this.isTrusted) return this.#fail('unauthenticated bulk length');
        if (this.#at + length - this.#begin > this.#limits.maxCommandBytes) {
          return this.#fail('invalid bulk length');
        }
      }
      const start = this.#at;
      const end = start + length;
      if (end + 2 > this.#end) {
        this.#bulk = length;
        return false;
      }
      starts[this.#filled] = start;
      ends[this.#filled++] = end;
      this.#at = end + 2;
      this.#bulk = -1;
    } while (--this.#missing > 0);
    this.source = this.#bytes;
    this.count = this.#filled;
    return true;
  }

  /** Reads a length behind its type byte at `#at` up to the line break, and goes behind that. */
  #readLength(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at + 1;
    if (at + 1 < end) {
      let digit = bytes[at]! - 0x30;
      if (digit > 0 && digit <= 9) {
        let value = 0;
        const last = Math.min(end - 1, at + 10);
        do {
          value = value * 10 + digit;
          digit = bytes[++at]! - 0x30;
        } while (digit >= 0 && digit <= 9 && at < last);
        if (bytes[at] === cr && at + 1 < end) {
          this.#at = at + 2;
          return value;
        }
      }
    }
    return this.#readLengthCarefully();
  }

  /** As `#readLength`, for what is not a few digits: zero, negative, malformed, endless, cut. */
  #readLengthCarefully(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    const found = bytes.indexOf(cr, Math.max(start, this.#searched));
    const isFound = found !== -1 && found < this.#end;
    if ((isFound ? found : this.#end) - start > this.#limits.maxInlineBytes) return tooLong;
    if (!isFound) {
      this.#searched = this.#end;
      return cut;
    }
    if (found + 1 >= this.#end) return cut;
    this.#at = found + 2;
    return strictInteger(bytes.toString('latin1', start + 1, Math.min(found, start + 22)));
  }

  /** Reads an inline command; undefined: the line was empty. */
  #inline(): boolean | undefined {
    const start = this.#at;
    const bytes = this.#bytes;
    const found = bytes.indexOf(lf, Math.max(start, this.#searched));
    const isFound = found !== -1 && found < this.#end;
    if ((isFound ? found : this.#end) - start > this.#limits.maxInlineBytes) {
      return this.#fail('too big inline request');
    }
    if (!isFound) {
      this.#searched = this.#end;
      return false;
    }
    this.#at = found + 1;
    const end = found > start && bytes[found - 1] === cr ? found - 1 : found;
    const split = splitInline(bytes, start, end, this.starts, this.ends);
    if (split === undefined) return this.#fail('unbalanced quotes in request');
    if (split.count > this.#limits.maxArguments) return this.#fail('too big inline request');
    if (split.count === 0) return undefined;
    this.source = split.source;
    this.count = split.count;
    return true;
  }

  /** Makes `#held` begin with the `rest` bytes from `from` on, with room for `more` behind. */
  #hold(from: number, rest: number, more: number): void {
    const source = this.#bytes;
    const isHeld = source === this.#held;
    if (rest + more > this.#held.length) {
      const size = Math.max(4096, rest + more, isHeld ? this.#held.length * 2 : 0);
      this.#held = Buffer.allocUnsafeSlow(size);
      this.#held.set(source.subarray(from, from + rest), 0);
    } else if (!isHeld) this.#held.set(source.subarray(from, from + rest), 0);
    else if (from > 0) this.#held.copyWithin(0, from, from + rest);
    this.#bytes = this.#held;
    this.#at -= from;
    this.#begin = 0;
    this.#searched = Math.max(0, this.#searched - from);
    if (from > 0 && this.#missing > 0) {
      for (let i = 0; i < this.#filled; i++) {
        this.starts[i]! -= from;
        this.ends[i]! -= from;
      }
    }
  }

  /** Gives the memory of a large command back; nothing of it is needed any more. */
  #release(): void {
    this.#bytes = this.#held = this.source = none;
    this.#at = this.#end = this.#begin = this.#searched = this.count = 0;
  }

  #fail(reason: string): false {
    this.#error = `ERR Protocol error: ${reason}`;
    this.#bytes = this.#held = this.source = none;
    this.#at = this.#end = this.#begin = this.#missing = this.count = 0;
    this.starts = [];
    this.ends = [];
    return false;
  }
}

const integer = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** Redis' string2ll: no sign but minus, no zeros in front, nothing around; -1 for every negative number. */
function strictInteger(text: string): number {
  if (!integer.test(text)) return malformed;
  const value = Number(text);
  return value < 0 ? -1 : value;
}
