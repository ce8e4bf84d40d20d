/** Deepest nesting of values, so that a type that holds itself cannot exhaust the stack. */
const maxDepth = 64;

/** Values allowed that take no bytes, beside two for each byte that there is. */
const freeValues = 4096;

/** What does not read, and where. */
export class BorshError extends Error {
  /** The fields that lead to it, outermost first. */
  readonly trail: string[] = [];
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'BorshError';
    this.offset = offset;
  }

  /** What a person reads: `expiry.at[3]: 8 bytes are wanted at byte 40, 2 are left`. */
  describe(): string {
    return this.trail.length === 0
      ? this.message
      : `${this.trail.join('.').replaceAll('.[', '[')}: ${this.message}`;
  }
}

/**
 * A place in bytes that somebody else wrote. It never reads beyond their end, and nothing is allocated for what they
 * claim to hold before they are seen to be long enough for it.
 */
export class BorshCursor {
  readonly bytes: Uint8Array;
  offset: number;
  readonly #view: DataView;
  #budget: number;
  #depth = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = freeValues + 2 * bytes.length;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Goes on by `count` bytes. Returns where they start. @throws {BorshError} fewer are left */
  take(count: number): number {
    const start = this.offset;
    if (count > this.bytes.length - start)
      throw this.error(`${count} bytes are wanted at byte ${start}, ${this.bytes.length - start} are left`);
    this.offset = start + count;
    return start;
  }

  /**
   * Checks a count of elements that each take `elementSize` bytes at least, before anything is made for them.
   *
   * @throws {BorshError} they cannot be there
   */
  expect(count: number, elementSize: number): void {
    if (count * elementSize > this.remaining)
      throw this.error(
        `${count} elements are announced before byte ${this.offset}, which take ${count * elementSize} bytes or more; ${this.remaining} are left`,
      );
    this.#budget -= count;
    if (this.#budget < 0) throw this.error(`too many values for ${this.bytes.length} bytes`);
  }

  /** Enters a value that holds others. @throws {BorshError} too deep, or too many */
  enter(): void {
    if (++this.#depth > maxDepth) throw this.error(`values are nested deeper than ${maxDepth}`);
    if (--this.#budget < 0) throw this.error(`too many values for ${this.bytes.length} bytes`);
  }

  leave(): void {
    this.#depth--;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.take(8), true);
  }

  i8(): number {
    return this.#view.getInt8(this.take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.take(8), true);
  }

  /** A copy, so that it outlives the message that it came in. */
  copy(count: number): Uint8Array {
    // Not `slice`: of a Buffer that is no copy.
    return new Uint8Array(this.view(count));
  }

  /** The bytes themselves: to be read at once, not kept. */
  view(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  error(message: string): BorshError {
    return new BorshError(message, this.offset);
  }
}
