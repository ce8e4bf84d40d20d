import type { CommandParser } from '../protocol/resp/command-parser.ts';
import { CommandPacker } from '../storage/channel/packed-commands.ts';
import { canRepeat } from '../storage/commands/can-repeat.ts';
import { acceptsArguments, isWrite } from '../storage/commands/command-spec.ts';
import { commandTable, opcode } from '../storage/commands/command-table.ts';

const maxCommands = 512;
const maxBytes = 256 * 1024;
/** A packer that grew above this is replaced. */
const keptBytes = 2 * 2 ** 20;

const writes: readonly boolean[] = commandTable.map(isWrite);
const set = opcode('set');
const mset = opcode('mset');

/**
 * Packs commands of one connection, one behind the other, for one request to the storage. One builder serves all
 * connections: what is in it is taken before another connection has its turn.
 */
export class RunBuilder {
  #packer = new CommandPacker();
  #hasWrites = false;
  #canRepeat = true;
  /** Whether all are SET or MSET: together they end the same when they run twice. */
  #onlyAssigns = true;
  #largest = 0;

  /** Commands since the last `take`. */
  get count(): number {
    return this.#packer.count;
  }

  /** Bytes since the last `take`. */
  get byteLength(): number {
    return this.#packer.byteLength;
  }

  /** Whether it should be taken before more is added. */
  get isFull(): boolean {
    return this.#packer.count >= maxCommands || this.#packer.byteLength >= maxBytes;
  }

  /** Adds the command that the parser stands at. @returns false when its number of arguments is wrong */
  add(code: number, parser: CommandParser): boolean {
    const { source, starts, ends, count } = parser;
    if (!acceptsArguments(commandTable[code]!, count - 1)) return false;
    this.#note(code, parser);
    const packer = this.#packer;
    packer.begin(code, count - 1);
    for (let i = 1; i < count; i++) packer.slice(source, starts[i]!, ends[i]!);
    return true;
  }

  /** As `add`, with `first` in place of the first argument. */
  addWithFirst(code: number, parser: CommandParser, first: Uint8Array): void {
    const { source, starts, ends, count } = parser;
    this.#note(code, parser);
    const packer = this.#packer;
    packer.begin(code, count - 1);
    packer.argument(first);
    for (let i = 2; i < count; i++) packer.slice(source, starts[i]!, ends[i]!);
  }

  /** The commands since the last `take`, and what is true of them together. */
  take(): { commands: Buffer; count: number; access: 'read' | 'write'; isRepeatable: boolean } {
    const count = this.#packer.count;
    const access = this.#hasWrites ? 'write' : 'read';
    // A read behind a write, run twice, would see what the write did behind it the first time.
    const isAlike = !this.#hasWrites || this.#onlyAssigns || count === 1;
    const isRepeatable = this.#canRepeat && isAlike;
    this.#largest = Math.max(this.#largest, this.#packer.byteLength);
    const commands = this.#packer.take();
    if (this.#largest > keptBytes) {
      this.#packer = new CommandPacker();
      this.#largest = 0;
    }
    this.#hasWrites = false;
    this.#canRepeat = this.#onlyAssigns = true;
    return { commands, count, access, isRepeatable };
  }

  #note(code: number, parser: CommandParser): void {
    if (!writes[code]) {
      this.#onlyAssigns = false;
      return;
    }
    this.#hasWrites = true;
    if (code !== set && code !== mset) this.#onlyAssigns = false;
    if (this.#canRepeat) {
      this.#canRepeat = canRepeat(code, parser.count - 1, index =>
        parser.source.subarray(parser.starts[index + 1], parser.ends[index + 1]),
      );
    }
  }
}
