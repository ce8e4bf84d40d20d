import { COMMA, NOT_JSON, skipSpace, skipValue } from './skip-json.ts';

/** Walks what stands between the brackets of one JSON object or array, checking its grammar and decoding nothing. */
export abstract class EntryCursor {
  /** The position behind what has been read, at the end behind the bracket; negative (`NOT_JSON`, `TOO_DEEP`): broken. */
  at: number;
  valueStart = 0;
  valueEnd = 0;
  protected readonly source: Uint8Array;
  protected readonly end: number;
  private isFirst = true;
  private readonly maxDepth: number;

  /**
   * @param start The position of the opening bracket.
   * @param end One past the last byte that may belong to it.
   * @param maxDepth Levels that a value may nest.
   */
  constructor(source: Uint8Array, start: number, end: number, maxDepth: number) {
    this.source = source;
    this.at = start + 1;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  /** Skips the value whose start was found. */
  skip(): boolean {
    return this.endValueAt(skipValue(this.source, this.valueStart, this.end, this.maxDepth));
  }

  /** Goes on behind a value that the caller has read; a negative `at` breaks the whole as it broke the value. */
  endValueAt(at: number): boolean {
    this.valueEnd = at;
    this.at = at;
    return at >= 0;
  }

  /** Finds the next entry's first byte at `valueStart`; `false`: there is none, and `at` tells whether it ended or is broken. */
  protected nextEntry(close: number): boolean {
    const { source, end } = this;
    let at = skipSpace(source, this.at, end);
    if (at >= end) return this.stop(NOT_JSON);
    if (source[at] === close) return this.stop(at + 1);
    if (this.isFirst) {
      this.isFirst = false;
    } else {
      if (source[at] !== COMMA) return this.stop(NOT_JSON);
      at = skipSpace(source, at + 1, end);
      if (at >= end) return this.stop(NOT_JSON);
    }
    this.valueStart = at;
    return true;
  }

  /** Ends the walk at a position, or for what is broken. */
  protected stop(at: number): false {
    this.at = at;
    return false;
  }
}
