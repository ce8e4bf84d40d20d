import { EntryCursor } from './entry-cursor.ts';
import { CLOSE_ARRAY } from './skip-json.ts';

/** Walks the elements of one JSON array, checking its grammar as `skipValue` does and decoding nothing. */
export class ElementCursor extends EntryCursor {
  /** Reads the next element; `false`: there is none, and `at` tells whether the array ended or is broken. */
  next(): boolean {
    return this.nextStart() && this.skip();
  }

  /** Finds the start of the next element at `valueStart`; `skip` must follow before the one behind it. */
  nextStart(): boolean {
    return this.nextEntry(CLOSE_ARRAY);
  }
}
