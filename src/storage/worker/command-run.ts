import type { ReplyWriter } from '../../protocol/resp/reply-writer.ts';
import { commandErrors } from '../commands/command-errors.ts';
import type { CommandArguments } from './command-arguments.ts';
import { corrupt, type ReadState, type Store } from './store.ts';
import { maxKeyBytes } from './stored-key.ts';

/** Bytes of replies that are held at once; a reply that would go beyond is refused. */
const maxReplyBytes = 1024 * 1024 * 1024;

/** Bytes of one value, as in Redis. */
export const maxValueBytes = 512 * 1024 * 1024;

const okBytes = Buffer.from('+OK\r\n');

/** What a command runs with: its arguments, the store, the place for its reply. One for all, changed for each. */
export class CommandRun {
  readonly args: CommandArguments;
  readonly reply: ReplyWriter;
  store: Store;
  /** The time that expiries are compared with. */
  now = 0;
  /** The error line of the first command that failed since `begin`; undefined: none did. */
  failure: string | undefined;
  /** Length of the reply before the command that runs. */
  replyStart = 0;

  constructor(args: CommandArguments, reply: ReplyWriter, store: Store) {
    this.args = args;
    this.reply = reply;
    this.store = store;
  }

  /** Answers the command with an error, in place of what it may have answered so far. */
  fail(line: string): void {
    this.failure ??= line;
    this.reply.truncate(this.replyStart);
    this.reply.error(line);
  }

  /** Looks up the key that is the argument at `index`: `present`, `absent`, or `corrupt` and answered with an error. */
  find(index: number): ReadState {
    const { args } = this;
    const state = this.store.read(args.source, args.starts[index]!, args.ends[index]!, this.now);
    if (state === corrupt) this.fail(commandErrors.corruptRecord);
    return state;
  }

  /** Whether the argument at `index` may be the key of a value; answered with an error when not. */
  isStorable(index: number): boolean {
    if (this.args.ends[index]! - this.args.starts[index]! <= maxKeyBytes) return true;
    this.fail(`ERR key is too long: at most ${maxKeyBytes} bytes`);
    return false;
  }

  /** Writes the key at `index` with the value at `valueIndex`. Follows a look-up of the same key. */
  put(index: number, valueIndex: number, expiry: number): void {
    const { source, starts, ends } = this.args;
    this.store.put(
      source,
      starts[index]!,
      ends[index]!,
      source,
      starts[valueIndex]!,
      ends[valueIndex]!,
      expiry,
    );
  }

  /** Looks up the expiry of the key at `index`, whatever its value is. */
  findExpiry(index: number): void {
    const { args } = this;
    this.store.readExpiry(args.source, args.starts[index]!, args.ends[index]!);
  }

  /** Removes the key at `index`. Follows a look-up of the same key. */
  remove(index: number): boolean {
    const { args } = this;
    return this.store.remove(args.source, args.starts[index]!, args.ends[index]!);
  }

  /** Answers `OK`. */
  answerOk(): void {
    this.reply.raw(okBytes);
  }

  /** Answers with the value that was found; false: too much would be held at once, and it answered with that error. */
  answerValue(): boolean {
    const { store } = this;
    const bytes = store.valueEnd - store.valueStart;
    if (this.reply.length + bytes > maxReplyBytes) {
      this.fail('ERR the reply is too long');
      return false;
    }
    this.reply.bulkSlice(store.value, store.valueStart, store.valueEnd);
    return true;
  }

  /** Whether the argument at `index` is this word, in any case; `word` in lower case, letters only. */
  isWord(index: number, word: string): boolean {
    const { source, starts, ends } = this.args;
    const start = starts[index]!;
    if (ends[index]! - start !== word.length) return false;
    for (let i = 0; i < word.length; i++)
      if ((source[start + i]! | 0x20) !== word.charCodeAt(i)) return false;
    return true;
  }

  /** The argument at `index` as text, of its first `limit` bytes. */
  text(index: number, limit = 128): string {
    const { source, starts, ends } = this.args;
    return source.toString('utf8', starts[index]!, Math.min(ends[index]!, starts[index]! + limit));
  }
}
