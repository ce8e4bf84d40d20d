import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RespError, type RespValue, readReply } from '../../src/protocol/resp/reply-reader.ts';
import { readReplyFrame, readRequestFrame, writeRequestFrame } from '../../src/storage/channel/frames.ts';
import type { StoreOptions } from '../../src/storage/channel/messages.ts';
import { CommandPacker } from '../../src/storage/channel/packed-commands.ts';
import { isWrite } from '../../src/storage/commands/command-spec.ts';
import {
  type StoreCommandName,
  storeCommandTable,
  storeOpcode,
} from '../../src/storage/commands/internal-commands.ts';
import type { DurabilityHook } from '../../src/storage/worker/durability-hook.ts';
import { ExpiryClock } from '../../src/storage/worker/expiry-clock.ts';
import { ExpirySweep } from '../../src/storage/worker/expiry-sweep.ts';
import { Store } from '../../src/storage/worker/store.ts';
import { StoreExecutor } from '../../src/storage/worker/store-executor.ts';
import type { WriteFailure } from '../../src/storage/worker/write-failure.ts';
import { ManualClock } from './manual-clock.ts';

/** A command: its name and its arguments. */
export type Words = readonly (string | Uint8Array)[];

/** Commands that are run together, as one entry of a frame. */
export interface Entry {
  readonly commands: readonly Words[];
  readonly isAtomic?: boolean;
  /** @default whether one of them writes */
  readonly isWrite?: boolean;
  /** @default 2 */
  readonly protocol?: 2 | 3;
}

/** A store in a temporary directory with an executor on it, on this thread and by a clock that stands still. */
export class StoreCommands {
  readonly clock = new ManualClock();
  readonly directory = mkdtempSync(join(tmpdir(), 'trunkline-store-'));
  /** Frames of replies in the order in which they were sent. */
  readonly frames: ArrayBuffer[] = [];
  /** What `onFailure` was told. */
  readonly failures: (WriteFailure | undefined)[] = [];
  readonly store: Store;
  readonly executor: StoreExecutor;
  readonly sweep: ExpirySweep;

  constructor(options: Partial<StoreOptions> = {}, durability?: DurabilityHook) {
    this.store = new Store({
      name: 'kv',
      directory: this.directory,
      durability: 'commit',
      maxBytes: 64 * 1024 * 1024,
      ...options,
    });
    const expiryClock = new ExpiryClock(this.clock);
    this.executor = new StoreExecutor(this.store, {
      clock: expiryClock,
      send: frame => this.frames.push(frame),
      durability,
      onFailure: failure => this.failures.push(failure),
    });
    this.sweep = new ExpirySweep(
      this.store,
      {},
      { clock: this.clock, expiryClock, commit: body => this.executor.commit(body) },
    );
  }

  /** Runs one command; an error is the line, a bulk string text. */
  run(...words: Words): unknown {
    return this.runAll([{ commands: [words] }])[0]![0];
  }

  /** Runs entries that came together; for each its replies. */
  runAll(entries: readonly Entry[]): unknown[][] {
    this.submit(entries);
    const replies: unknown[][] = entries.map(() => []);
    for (const frame of this.frames.splice(0)) {
      readReplyFrame(Buffer.from(frame), (id, reply) => {
        replies[id] = decodeAll(reply);
      });
    }
    return replies;
  }

  /** Runs entries that came together; the replies are in `frames` once they are sent. */
  submit(entries: readonly Entry[]): void {
    const source = Buffer.from(requestFrame(entries));
    this.executor.execute(readRequestFrame(source).map(entry => ({ entry, source })));
  }

  /** Closes the store and removes its directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A frame with these entries, their ids counting from 0. */
export function requestFrame(entries: readonly Entry[]): ArrayBuffer {
  const packer = new CommandPacker();
  const packed = entries.map(entry => {
    for (const [name, ...args] of entry.commands) {
      packer.begin(storeOpcode(name as StoreCommandName), args.length);
      for (const arg of args) packer.argument(typeof arg === 'string' ? Buffer.from(arg) : arg);
    }
    const writes = entry.commands.some(([name]) =>
      isWrite(storeCommandTable[storeOpcode(name as StoreCommandName)]!),
    );
    return {
      store: 0,
      isAtomic: entry.isAtomic ?? false,
      access: (entry.isWrite ?? writes) ? ('write' as const) : ('read' as const),
      protocol: entry.protocol ?? (2 as const),
      count: entry.commands.length,
      commands: packer.take(),
    };
  });
  return writeRequestFrame(
    packed,
    packed.map((_, id) => id),
  );
}

/** All replies that lie one behind the other, in plain values. */
export function decodeAll(replies: Buffer): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < replies.length; ) {
    const read = readReply(replies, at);
    if (read === undefined) throw new Error(`no reply at ${at}: ${replies.toString('latin1')}`);
    values.push(plain(read.value));
    at = read.end;
  }
  return values;
}

function plain(value: RespValue): unknown {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (value instanceof RespError) return `-${value.message}`;
  return Array.isArray(value) ? value.map(plain) : value;
}
