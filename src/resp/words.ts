import type { CommandParser } from '../protocol/resp/command-parser.ts';

/** The words of the command that a parser stands at, its name being word 0. Valid until the parser goes on. */
export class Words {
  readonly #parser: CommandParser;

  constructor(parser: CommandParser) {
    this.#parser = parser;
  }

  get count(): number {
    return this.#parser.count;
  }

  /** A view of the word's bytes. */
  bytes(index: number): Buffer {
    return this.#parser.source.subarray(this.#parser.starts[index], this.#parser.ends[index]);
  }

  /** Length of the word in bytes. */
  size(index: number): number {
    return this.#parser.ends[index]! - this.#parser.starts[index]!;
  }

  /** The word as UTF-8. */
  text(index: number): string {
    return this.#parser.source.toString('utf8', this.#parser.starts[index], this.#parser.ends[index]);
  }

  /** The word in lower case; cut after 64 bytes, which is longer than any word that means something. */
  lower(index: number): string {
    const start = this.#parser.starts[index]!;
    const end = Math.min(this.#parser.ends[index]!, start + 64);
    return this.#parser.source.toString('latin1', start, end).toLowerCase();
  }

  /** The word as Redis reads a number: an optional minus, digits, no zeros in front. @returns undefined: it is none */
  integer(index: number): number | undefined {
    if (this.size(index) > 20) return undefined;
    const text = this.text(index);
    if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return undefined;
    const value = BigInt(text);
    return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
  }
}
