import { CLOSE_ARRAY, COMMA, NOT_JSON, skipSpace, skipValue } from './skip-json.ts';

/** Walks the elements of one JSON array, checking its grammar as `skipValue` does and decoding nothing. */
export class ElementCursor {
  /** The position behind what has been read, at the end behind the `]`; negative (`NOT_JSON`, `TOO_DEEP`): broken. */
  at: number;
  valueStart = 0;
  valueEnd = 0;
  private isFirst = true;
  private readonly source: Uint8Array;
  private readonly end: number;
  private readonly maxDepth: number;

  /**
   * @param start The position of the array's `[`.
   * @param end One past the last byte that may belong to it.
   * @param maxDepth Levels that an element may nest.
   */
  constructor(source: Uint8Array, start: number, end: number, maxDepth: number) {
    this.source = source;
    this.at = start + 1;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  /** Reads the next element; `false`: there is none, and `at` tells whether the array ended or is broken. */
  next(): boolean {
    return this.nextStart() && this.skip();
  }

  /** Finds the start of the next element at `valueStart`; `skip` must follow before the one behind it. */
  nextStart(): boolean {
    const { source, end } = this;
    let at = skipSpace(source, this.at, end);
    if (at >= end) return this.stop(NOT_JSON);
    if (source[at] === CLOSE_ARRAY) return this.stop(at + 1);
    if (this.isFirst) {
      this.isFirst = false;
    } else {
      if (source[at] !== COMMA) return this.stop(NOT_JSON);
      at = skipSpace(source, at + 1, end);
    }
    if (at >= end) return this.stop(NOT_JSON);
    this.valueStart = at;
    return true;
  }

  /** Skips the element whose start was found. */
  skip(): boolean {
    this.valueEnd = skipValue(this.source, this.valueStart, this.end, this.maxDepth);
    this.at = this.valueEnd;
    return this.at >= 0;
  }

  private stop(at: number): false {
    this.at = at;
    return false;
  }
}
