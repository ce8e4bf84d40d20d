const cr = 0x0d;
const lf = 0x0a;
const zero = 0x30;

/** Native copies and encoders cost more than a loop below this many bytes. */
const shortBytes = 40;
const largestPlainInteger = 0x7fffffff;

/**
 * Writes RESP replies one behind the other into one growing buffer. Types that RESP2 lacks become what Redis answers
 * a RESP2 client with.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export class ReplyWriter {
  /** The version that the next replies are written in. */
  protocol: 2 | 3 = 2;
  #buffer: Buffer;
  #length = 0;

  /** @param initialBytes size of the buffer before it grows */
  constructor(initialBytes = 4096) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(64, initialBytes));
  }

  /** Bytes written since the last `reset` or `take`. */
  get length(): number {
    return this.#length;
  }

  /** The backing; its bytes from 0 up to `length` are valid until the next write. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#length = 0;
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Leaves room for `bytes` bytes that the caller fills; returns their offset in `buffer`. */
  reserve(bytes: number): number {
    this.#grow(bytes);
    const at = this.#length;
    this.#length = at + bytes;
    return at;
  }

  /** What was written, copied out; begins anew. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(bytes, 0, 0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** A bulk string. */
  bulk(bytes: Uint8Array): void {
    this.bulkSlice(bytes, 0, bytes.length);
  }

  /** A bulk string of the bytes of `source` from `start` up to `end`. */
  bulkSlice(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#grow(size + 26);
    const target = this.#buffer;
    let at = this.#header(0x24, size);
    if (size <= shortBytes) for (let i = start; i < end; i++) target[at++] = source[i]!;
    else {
      target.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
      at += size;
    }
    target[at] = cr;
    target[at + 1] = lf;
    this.#length = at + 2;
  }

  /** A bulk string of the UTF-8 bytes of `text`. */
  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#grow(size + 26);
    const at = this.#header(0x24, size);
    this.#characters(text, size, at);
  }

  /** A simple string, `+OK`; line breaks become spaces, as they would end it. */
  simple(text: string): void {
    this.#line(0x2b, text);
  }

  /** An error; `line` begins with its code, `ERR …`. */
  error(line: string): void {
    this.#line(0x2d, line);
  }

  /** An integer. */
  integer(value: number | bigint): void {
    this.#grow(26);
    if (typeof value === 'number' && value >= 0 && value <= largestPlainInteger) {
      this.#length = this.#header(0x3a, value);
      return;
    }
    const digits = typeof value === 'number' ? Math.trunc(value).toString() : value.toString();
    this.#buffer[this.#length] = 0x3a;
    this.#characters(digits, digits.length, this.#length + 1);
  }

  /** The null of a bulk string. */
  null(): void {
    this.raw(this.protocol === 3 ? nullBytes : nullBulkBytes);
  }

  /** The null of an array. */
  nullArray(): void {
    this.raw(this.protocol === 3 ? nullBytes : nullArrayBytes);
  }

  /** Begins an array of `count` replies, which follow. */
  array(count: number): void {
    this.#begin(0x2a, count);
  }

  /** Begins a map of `pairs` keys with a value each; in RESP2 an array of twice as many replies. */
  map(pairs: number): void {
    if (this.protocol === 3) this.#begin(0x25, pairs);
    else this.#begin(0x2a, pairs * 2);
  }

  /** Begins a set; in RESP2 an array. */
  set(count: number): void {
    this.#begin(this.protocol === 3 ? 0x7e : 0x2a, count);
  }

  /** Begins a push, which answers no command; in RESP2 an array. */
  push(count: number): void {
    this.#begin(this.protocol === 3 ? 0x3e : 0x2a, count);
  }

  /** A boolean; in RESP2 the integer 1 or 0. */
  boolean(value: boolean): void {
    if (this.protocol === 3) this.raw(value ? trueBytes : falseBytes);
    else this.integer(value ? 1 : 0);
  }

  /** A floating-point number; in RESP2 a bulk string. */
  double(value: number): void {
    const digits = doubleText(value);
    if (this.protocol === 3) this.#line(0x2c, digits);
    else this.text(digits);
  }

  /** A text with its format, three letters such as `txt`; in RESP2 a bulk string. */
  verbatim(format: string, text: string): void {
    if (this.protocol !== 3) {
      this.text(text);
      return;
    }
    const size = Buffer.byteLength(text);
    this.#grow(size + 30);
    const at = this.#header(0x3d, size + 4);
    this.#buffer.write(`${format}:`, at, 'latin1');
    this.#characters(text, size, at + 4);
  }

  /** Bytes as they are: complete replies, or a part of one. */
  raw(bytes: Uint8Array): void {
    const size = bytes.length;
    this.#grow(size);
    const target = this.#buffer;
    let at = this.#length;
    if (size <= shortBytes) for (let i = 0; i < size; i++) target[at++] = bytes[i]!;
    else target.set(bytes, at);
    this.#length += size;
  }

  #begin(type: number, count: number): void {
    this.#grow(26);
    this.#length = this.#header(type, count);
  }

  /** Writes `type`, the digits of `value` and CRLF; returns the offset behind. There is room already. */
  #header(type: number, value: number): number {
    const target = this.#buffer;
    let at = this.#length;
    target[at++] = type;
    if (value < 10) target[at++] = zero + value;
    else if (value < 100) {
      const tens = (value / 10) | 0;
      target[at++] = zero + tens;
      target[at++] = zero + value - tens * 10;
    } else {
      let digits = 3;
      for (let bound = 1000; value >= bound; bound *= 10) digits++;
      let rest = value;
      for (let i = at + digits - 1; i >= at; i--) {
        const quotient = Math.floor(rest / 10);
        target[i] = zero + rest - quotient * 10;
        rest = quotient;
      }
      at += digits;
    }
    target[at] = cr;
    target[at + 1] = lf;
    return at + 2;
  }

  #line(type: number, text: string): void {
    const clean = lineBreak.test(text) ? text.replace(lineBreaks, ' ') : text;
    const size = Buffer.byteLength(clean);
    this.#grow(size + 3);
    this.#buffer[this.#length] = type;
    this.#characters(clean, size, this.#length + 1);
  }

  /** Writes `text`, `size` bytes of UTF-8, and CRLF at `at`. There is room already. */
  #characters(text: string, size: number, at: number): void {
    const target = this.#buffer;
    if (size <= shortBytes && size === text.length) {
      for (let i = 0; i < size; i++) target[at + i] = text.charCodeAt(i);
    } else target.write(text, at);
    target[at + size] = cr;
    target[at + size + 1] = lf;
    this.#length = at + size + 2;
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

const lineBreak = /[\r\n]/;
const lineBreaks = /[\r\n]/g;
const nullBytes = Buffer.from('_\r\n');
const nullBulkBytes = Buffer.from('$-1\r\n');
const nullArrayBytes = Buffer.from('*-1\r\n');
const trueBytes = Buffer.from('#t\r\n');
const falseBytes = Buffer.from('#f\r\n');

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
