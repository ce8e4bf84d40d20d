import type { ReplyWriter } from '../../protocol/resp/reply-writer.ts';
import type { RequestEntry } from '../channel/frames.ts';
import { commandErrors, writeFailedLine } from '../commands/command-errors.ts';
import { acceptsArguments, isWrite } from '../commands/command-spec.ts';
import { storeCommandTable } from '../commands/internal-commands.ts';
import { CommandArguments } from './command-arguments.ts';
import { CommandRun } from './command-run.ts';
import type { DurabilityHook } from './durability-hook.ts';
import type { ExpiryClock } from './expiry-clock.ts';
import { commandHandlers } from './handlers.ts';
import { ReplyFrames, withFailedWrites } from './reply-frames.ts';
import type { Store } from './store.ts';
import { type WriteFailure, writeFailureOf } from './write-failure.ts';

/** Replies of reads are sent on once they are this many bytes, rather than all at the end. */
const frameBytes = 1024 * 1024;

/** An entry of a frame of requests, with the frame. */
export interface PendingEntry {
  readonly entry: RequestEntry;
  readonly source: Buffer;
}

export interface StoreExecutorDependencies {
  readonly clock: ExpiryClock;
  /** Sends a frame of replies. */
  readonly send: (frame: ArrayBuffer) => void;
  /** Knows when commits are on the device; without it an `fsync` store acknowledges with the commit. */
  readonly durability?: DurabilityHook | undefined;
  /** Told when commits begin to fail, and with undefined when they succeed again. */
  readonly onFailure: (failure: WriteFailure | undefined) => void;
}

interface CommandRule {
  readonly isWrite: boolean;
  /** Refused while the store is full. */
  readonly adds: boolean;
}

const rules: readonly CommandRule[] = storeCommandTable.map(spec => ({
  isWrite: isWrite(spec),
  adds: spec.flags.includes('denyoom'),
}));

/**
 * Runs entries on one store: all that came together in one transaction, in order, each seeing what the ones before it
 * wrote. Commands answer with errors, never with exceptions: one that is thrown undoes the transaction and is a bug.
 */
export class StoreExecutor {
  readonly #store: Store;
  readonly #dependencies: StoreExecutorDependencies;
  readonly #frames = new ReplyFrames();
  readonly #args = new CommandArguments();
  #run: CommandRun;
  #items: readonly PendingEntry[] = [];
  #commit: 'writes' | 'reads' = 'reads';
  /** The error that writes are answered with in this run; undefined: they are run. */
  #refusal: string | undefined;
  #isFull = false;
  #failure: WriteFailure | undefined;
  #commands = 0;
  #commits = 0;
  #commitFailures = 0;

  constructor(store: Store, dependencies: StoreExecutorDependencies) {
    this.#store = store;
    this.#dependencies = dependencies;
    this.#run = new CommandRun(this.#args, this.#frames.writer, store);
  }

  get commands(): number {
    return this.#commands;
  }

  get commits(): number {
    return this.#commits;
  }

  get commitFailures(): number {
    return this.#commitFailures;
  }

  /** Why the last commit failed; undefined: it did not. */
  get failure(): WriteFailure | undefined {
    return this.#failure;
  }

  /** Runs the entries and sends their replies, or sees to it that they are sent once they are durable. */
  execute(items: readonly PendingEntry[]): void {
    this.#items = items;
    this.#run.now = this.#dependencies.clock.now();
    if (items.some(({ entry }) => entry.isWrite)) this.#write();
    else {
      this.#store.refresh();
      this.#refusal = undefined;
      this.#commit = 'reads';
      this.#runItems();
      this.#send();
    }
    this.#items = [];
    this.#args.close();
  }

  /** Runs `body`, which writes, in a transaction of its own; false: it could not be committed. */
  commit(body: () => void): boolean {
    const failure = this.#transaction(body);
    if (failure === undefined) this.#dependencies.durability?.committed();
    return failure === undefined;
  }

  #write(): void {
    this.#refusal = undefined;
    this.#isFull = false;
    let failure = this.#transaction(this.#runWrites);
    if (failure?.code === 'store_full' && !this.#isAnswered()) {
      // What frees space must go on: once more, without the commands that add.
      this.#isFull = true;
      failure = this.#transaction(this.#runWrites);
    }
    if (failure !== undefined) {
      if (!this.#isAnswered()) this.#refuseWrites(failure.line);
      return;
    }
    const { durability } = this.#dependencies;
    const commit = durability?.committed();
    if (this.#frames.isEmpty) return;
    if (this.#store.options.durability === 'fsync' && durability !== undefined) {
      this.#sendWhenDurable(durability, commit!);
    } else this.#send();
  }

  /** Whether the replies were sent before the commit, as a `memory` store does. */
  #isAnswered(): boolean {
    return this.#store.options.durability === 'memory' && this.#frames.isEmpty;
  }

  /** The reads of the entries, outside; the writes are answered with `line`. */
  #refuseWrites(line: string): void {
    this.#frames.discard();
    this.#store.refresh();
    this.#refusal = line;
    this.#commit = 'reads';
    this.#runItems();
    this.#send();
  }

  readonly #runWrites = (): void => {
    this.#frames.discard();
    this.#commit = 'writes';
    this.#runItems();
    // `memory` promises no more than that it was applied here.
    if (this.#store.options.durability === 'memory') this.#send();
  };

  #transaction(body: () => void): WriteFailure | undefined {
    try {
      this.#store.transaction(body);
    } catch (error) {
      const failure = writeFailureOf(error, this.#store.options.directory);
      if (failure === undefined) throw error;
      this.#commitFailures++;
      this.#note(failure);
      if (failure.isFatal) throw error;
      return failure;
    }
    this.#commits++;
    this.#note(undefined);
    return undefined;
  }

  #note(failure: WriteFailure | undefined): void {
    const isNews = failure?.code !== this.#failure?.code;
    this.#failure = failure;
    if (isNews) this.#dependencies.onFailure(failure);
  }

  #runItems(): void {
    for (const { entry, source } of this.#items) {
      this.#frames.begin(entry);
      if (entry.isAtomic) this.#runAtomic(entry, source);
      else this.#runCommands(entry, source);
      this.#frames.end(entry);
      if (this.#commit === 'reads' && this.#frames.length > frameBytes) this.#send();
    }
  }

  #runCommands(entry: RequestEntry, source: Buffer): void {
    this.#args.open(source, entry.start, entry.end);
    this.#run.failure = undefined;
    while (this.#args.next()) this.#runCommand();
  }

  /** All or nothing: the first error undoes the entry. */
  #runAtomic(entry: RequestEntry, source: Buffer): void {
    let failedAt = -1;
    const run = () => {
      this.#args.open(source, entry.start, entry.end);
      this.#run.failure = undefined;
      for (let i = 0; this.#args.next(); i++) {
        this.#runCommand();
        if (this.#run.failure === undefined) continue;
        failedAt = i;
        return false;
      }
      return true;
    };
    if (this.#commit === 'writes') this.#store.attempt(run);
    else run();
    if (failedAt === -1) return;
    this.#frames.restart();
    const { writer } = this.#frames;
    for (let i = 0; i < entry.count; i++) writer.error(i === failedAt ? this.#run.failure! : discarded);
  }

  #runCommand(): void {
    const run = this.#run;
    const { opcode, argumentCount } = this.#args;
    const spec = storeCommandTable[opcode];
    this.#commands++;
    run.replyStart = run.reply.length;
    if (spec === undefined) run.fail(`ERR unknown storage command ${opcode}`);
    else if (!acceptsArguments(spec, argumentCount)) {
      run.fail(`ERR wrong number of arguments for '${spec.name}' command`);
    } else {
      const rule = rules[opcode]!;
      if (rule.isWrite && this.#commit === 'reads') run.fail(this.#refusal ?? readOnly);
      else if (rule.adds && (this.#isFull || !this.#store.admit(this.#args.byteLength))) {
        run.fail(commandErrors.storeFull);
      } else commandHandlers[opcode]!(run);
    }
  }

  #send(): void {
    if (this.#frames.isEmpty) return;
    this.#dependencies.send(this.#takeFrame());
  }

  #sendWhenDurable(durability: DurabilityHook, commit: number): void {
    const frame = this.#takeFrame();
    const entries = this.#items.map(({ entry }) => entry);
    durability.whenDurable(commit, error => {
      this.#dependencies.send(
        error === undefined ? frame : withFailedWrites(frame, entries, writeFailedLine(error.message)),
      );
    });
  }

  #takeFrame(): ArrayBuffer {
    const frame = this.#frames.take();
    // A backing that grew large was given up.
    if (this.#run.reply !== this.#frames.writer) this.#run = this.#newRun(this.#frames.writer);
    return frame;
  }

  #newRun(writer: ReplyWriter): CommandRun {
    const run = new CommandRun(this.#args, writer, this.#store);
    run.now = this.#run.now;
    return run;
  }
}

const discarded = 'EXECABORT Transaction discarded because of previous errors.';
const readOnly = "READONLY You can't write against a read only replica.";
