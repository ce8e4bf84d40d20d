import type { CommandCursor } from '../channel/packed-commands.ts';

/**
 * Reads packed commands one by one, as `CommandCursor` does, but gives arguments as offsets: nothing is allocated for a
 * command.
 */
export class CommandArguments implements Pick<CommandCursor, 'opcode' | 'argumentCount' | 'next'> {
  source: Buffer = Buffer.alloc(0);
  opcode = 0;
  argumentCount = 0;
  /** Bytes of the command with its arguments. */
  byteLength = 0;
  /** Where each argument begins in `source`; valid up to `argumentCount`. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  #at = 0;
  #end = 0;

  /** Begins with the commands in `source` from `start` up to `end`. */
  open(source: Buffer, start: number, end: number): void {
    this.source = source;
    this.#at = start;
    this.#end = end;
  }

  /** Goes to the next command; false when there is none. */
  next(): boolean {
    const begin = this.#at;
    if (begin >= this.#end) return false;
    const source = this.source;
    this.opcode = source[begin]! | (source[begin + 1]! << 8);
    const count = uint32(source, begin + 4);
    this.argumentCount = count;
    let at = begin + 8;
    for (let i = 0; i < count; i++) {
      const start = at + 4;
      at = start + uint32(source, at);
      this.starts[i] = start;
      this.ends[i] = at;
    }
    if (at > this.#end) throw new RangeError('a packed command is longer than its entry');
    this.byteLength = at - begin;
    this.#at = at;
    return true;
  }

  /** Forgets the source, and arguments beyond what is usual. */
  close(): void {
    this.source = empty;
    if (this.starts.length > usualArguments) {
      this.starts.length = usualArguments;
      this.ends.length = usualArguments;
    }
  }
}

const usualArguments = 1024;
const empty = Buffer.alloc(0);

function uint32(source: Uint8Array, at: number): number {
  return (source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16)) + source[at + 3]! * 0x1000000;
}
