const defaultMaxCursors = 16_384;
const defaultMaxBytes = 8 * 2 ** 20;

/**
 * Numbers for the positions of SCAN: Redis clients know cursors as numbers, the storage as the last key. A cursor may be
 * used any number of times, from any connection, until it is the oldest of too many.
 */
export class ScanCursors {
  readonly #maxCursors: number;
  readonly #maxBytes: number;
  readonly #onForgotten: () => void;
  readonly #positions = new Map<number, Buffer>();
  #bytes = 0;
  #last = 0;

  constructor(
    options: { readonly maxCursors?: number; readonly maxBytes?: number } = {},
    onForgotten: () => void = () => {},
  ) {
    this.#maxCursors = options.maxCursors ?? defaultMaxCursors;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
    this.#onForgotten = onForgotten;
  }

  /** The cursor that stands for a position; the empty one, the end, is 0. */
  add(position: Uint8Array): number {
    if (position.length === 0) return 0;
    const cursor = ++this.#last;
    this.#positions.set(cursor, Buffer.from(position));
    this.#bytes += position.length;
    for (const [oldest, bytes] of this.#positions) {
      if (this.#positions.size <= this.#maxCursors && this.#bytes <= this.#maxBytes) break;
      this.#positions.delete(oldest);
      this.#bytes -= bytes.length;
      this.#onForgotten();
    }
    return cursor;
  }

  /** The position that a cursor stands for; 0 is the start. @returns undefined when it is unknown */
  position(cursor: number): Buffer | undefined {
    return cursor === 0 ? start : this.#positions.get(cursor);
  }
}

const start = Buffer.alloc(0);
