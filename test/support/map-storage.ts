import { ReplyWriter } from '../../src/protocol/resp/reply-writer.ts';
import type { StorageSink } from '../../src/resp/storage-sink.ts';
import { CommandCursor } from '../../src/storage/channel/packed-commands.ts';
import type { StorageRequest } from '../../src/storage/client/storage-request.ts';
import { commandTable } from '../../src/storage/commands/command-table.ts';
import type { StorageError } from '../../src/storage/errors.ts';

/**
 * A storage that is a Map and knows a few commands: GET, SET, DEL, INCR, MGET, SCAN (two keys a page), DBSIZE.
 * Answers in a later turn of the event loop, or when `release` is called while `isHeld`.
 */
export class MapStorage implements StorageSink {
  readonly requests: StorageRequest[] = [];
  readonly values = new Map<string, Buffer>();
  /** Requests wait for `release`. */
  isHeld = false;
  /** Requests fail with this. */
  failure: StorageError | undefined;
  #waiting: StorageRequest[] = [];

  submit(request: StorageRequest): void {
    this.requests.push(request);
    if (this.isHeld) this.#waiting.push(request);
    else setImmediate(() => this.#answer(request));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Answers what waits; the last first where `isReversed`. */
  release(isReversed = false): void {
    this.isHeld = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (isReversed) waiting.reverse();
    for (const request of waiting) this.#answer(request);
  }

  #answer(request: StorageRequest): void {
    if (this.failure !== undefined) {
      request.onError(this.failure);
      return;
    }
    const writer = new ReplyWriter();
    writer.protocol = request.protocol;
    const cursor = new CommandCursor(request.commands);
    let count = 0;
    for (; cursor.next(); count++) this.#run(commandTable[cursor.opcode]!.name, cursor.arguments(), writer);
    if (count !== request.count) throw new Error(`${request.count} commands announced, ${count} packed`);
    request.onReply(writer.take());
  }

  #run(name: string, words: Buffer[], writer: ReplyWriter): void {
    const key = words[0]?.toString('latin1') ?? '';
    const found = this.values.get(key);
    switch (name) {
      case 'get':
        if (found === undefined) writer.null();
        else writer.bulk(found);
        break;
      case 'set':
        this.values.set(key, Buffer.from(words[1]!));
        writer.simple('OK');
        break;
      case 'del':
        writer.integer(words.filter(word => this.values.delete(word.toString('latin1'))).length);
        break;
      case 'incr': {
        const next = Number(found ?? 0) + 1;
        this.values.set(key, Buffer.from(String(next)));
        writer.integer(next);
        break;
      }
      case 'mget':
        writer.array(words.length);
        for (const word of words) {
          const value = this.values.get(word.toString('latin1'));
          if (value === undefined) writer.null();
          else writer.bulk(value);
        }
        break;
      case 'dbsize':
        writer.integer(this.values.size);
        break;
      case 'scan': {
        const keys = [...this.values.keys()].sort();
        const after = words[0]!.length === 0 ? '' : words[0]!.toString('latin1', 1);
        const page = keys.filter(one => one > after || words[0]!.length === 0).slice(0, 2);
        const isLast = page.length === 0 || page.at(-1) === keys.at(-1);
        writer.array(2);
        writer.text(isLast ? '' : `\x01${page.at(-1)}`);
        writer.array(page.length);
        for (const one of page) writer.text(one);
        break;
      }
      default:
        writer.error(`ERR the map knows no ${name}`);
    }
  }
}
