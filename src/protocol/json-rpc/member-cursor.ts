import { EntryCursor } from './entry-cursor.ts';
import { CLOSE_OBJECT, NOT_JSON, QUOTE, skipColon, skipString } from './skip-json.ts';

/** Walks the members of one JSON object, checking its grammar as `skipValue` does and decoding nothing. */
export class MemberCursor extends EntryCursor {
  /** The member's key, without its quotes. */
  keyStart = 0;
  keyEnd = 0;

  /** Reads the next member; `false`: there is none, and `at` tells whether the object ended or is broken. */
  next(): boolean {
    return this.nextKey() && this.skip();
  }

  /** Reads the next member up to its value at `valueStart`; `skip` or `endValueAt` must follow. */
  nextKey(): boolean {
    const { source, end } = this;
    if (!this.nextEntry(CLOSE_OBJECT)) return false;
    let at = this.valueStart;
    if (source[at] !== QUOTE) return this.stop(NOT_JSON);
    this.keyStart = at + 1;
    at = skipString(source, at + 1, end);
    if (at < 0) return this.stop(at);
    this.keyEnd = at - 1;
    at = skipColon(source, at, end);
    if (at < 0) return this.stop(at);
    this.valueStart = at;
    return true;
  }

  /** Whether the member's key is written as exactly these bytes; one written with escapes is not. */
  keyIs(name: Uint8Array): boolean {
    if (this.keyEnd - this.keyStart !== name.length) return false;
    const { source, keyStart } = this;
    for (let index = 0; index < name.length; index++)
      if (source[keyStart + index] !== name[index]) return false;
    return true;
  }
}
