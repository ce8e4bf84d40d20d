import {
  CLOSE_OBJECT,
  COMMA,
  NOT_JSON,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './skip-json.ts';

/** Walks the members of one JSON object, checking its grammar as `skipValue` does and decoding nothing. */
export class MemberCursor {
  /** The position behind what has been read, at the end behind the `}`; negative (`NOT_JSON`, `TOO_DEEP`): broken. */
  at: number;
  /** The member's key, without its quotes. */
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  private isFirst = true;
  private readonly source: Uint8Array;
  private readonly end: number;
  private readonly maxDepth: number;

  /**
   * @param start The position of the object's `{`.
   * @param end One past the last byte that may belong to it.
   * @param maxDepth Levels that a member's value may nest.
   */
  constructor(source: Uint8Array, start: number, end: number, maxDepth: number) {
    this.source = source;
    this.at = start + 1;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  /** Reads the next member; `false`: there is none, and `at` tells whether the object ended or is broken. */
  next(): boolean {
    return this.nextKey() && this.skip();
  }

  /** Reads the next member up to its value at `valueStart`; `skip` or `endValueAt` must follow. */
  nextKey(): boolean {
    const { source, end } = this;
    let at = skipSpace(source, this.at, end);
    if (at >= end) return this.stop(NOT_JSON);
    if (source[at] === CLOSE_OBJECT) return this.stop(at + 1);
    if (this.isFirst) {
      this.isFirst = false;
    } else {
      if (source[at] !== COMMA) return this.stop(NOT_JSON);
      at = skipSpace(source, at + 1, end);
    }
    if (at >= end || source[at] !== QUOTE) return this.stop(NOT_JSON);
    this.keyStart = at + 1;
    at = skipString(source, at + 1, end);
    if (at < 0) return this.stop(at);
    this.keyEnd = at - 1;
    at = skipColon(source, at, end);
    if (at < 0) return this.stop(at);
    this.valueStart = at;
    return true;
  }

  /** Skips the value whose key was read. */
  skip(): boolean {
    return this.endValueAt(skipValue(this.source, this.valueStart, this.end, this.maxDepth));
  }

  /** Goes on behind a value that the caller has read; a negative `at` breaks the object as it broke the value. */
  endValueAt(at: number): boolean {
    this.valueEnd = at;
    this.at = at;
    return at >= 0;
  }

  /** Whether the member's key is written as exactly these bytes; one written with escapes is not. */
  keyIs(name: Uint8Array): boolean {
    if (this.keyEnd - this.keyStart !== name.length) return false;
    const { source, keyStart } = this;
    for (let index = 0; index < name.length; index++)
      if (source[keyStart + index] !== name[index]) return false;
    return true;
  }

  private stop(at: number): false {
    this.at = at;
    return false;
  }
}
