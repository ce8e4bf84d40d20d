import { ReplyCursor, RespError, type RespValue } from '../../protocol/resp/reply-reader.ts';
import { storageErrorCodeOf } from '../commands/command-errors.ts';
import { StorageError } from '../errors.ts';
import type { StoragePriority, StorageRequest } from './storage-request.ts';
import type { StoreCommand } from './store-command.ts';

/** How one call is made. */
export interface CallOptions {
  /** Milliseconds from the call to its result, waits and repetitions included. @default the client's time-out */
  readonly timeoutMs?: number;
  /** @default 'normal' */
  readonly priority?: StoragePriority;
  /** Rejects with the signal's reason; a command that was accepted before is run nevertheless. */
  readonly signal?: AbortSignal;
}

/** What the calls of one command and of a batch have in common. */
abstract class StoreCall<Result> implements StorageRequest {
  readonly store: number;
  readonly commands: Buffer;
  readonly protocol = 3;
  readonly priority: StoragePriority;
  readonly timeoutMs?: number;
  abstract readonly count: number;
  abstract readonly access: 'read' | 'write';
  abstract readonly isRepeatable: boolean;
  abstract readonly isAtomic: boolean;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (reason: unknown) => void;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    store: number,
    commands: Buffer,
    options: CallOptions | undefined,
    resolve: (result: Result) => void,
    reject: (reason: unknown) => void,
  ) {
    this.store = store;
    this.commands = commands;
    this.priority = options?.priority ?? 'normal';
    this.#resolve = resolve;
    this.#reject = reject;
    if (options === undefined) return;
    if (options.timeoutMs !== undefined) this.timeoutMs = options.timeoutMs;
    const { signal } = options;
    if (signal === undefined) return;
    this.#signal = signal;
    this.#onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onReply(reply: Buffer): void {
    if (this.#onAbort !== undefined) this.#unwatch();
    let result: Result;
    try {
      result = this.decode(reply);
    } catch (error) {
      this.#reject(error);
      return;
    }
    this.#resolve(result);
  }

  onError(error: StorageError): void {
    if (this.#onAbort !== undefined) this.#unwatch();
    this.#reject(error);
  }

  protected abstract decode(reply: Buffer): Result;

  #unwatch(): void {
    this.#signal!.removeEventListener('abort', this.#onAbort!);
  }
}

/** A typed call of one command on its way. */
export class CommandCall<Result> extends StoreCall<Result> {
  readonly count = 1;
  readonly isAtomic = false;
  readonly access: 'read' | 'write';
  readonly isRepeatable: boolean;
  readonly #command: StoreCommand<Result>;

  constructor(
    store: number,
    command: StoreCommand<Result>,
    commands: Buffer,
    options: CallOptions | undefined,
    resolve: (result: Result) => void,
    reject: (reason: unknown) => void,
  ) {
    super(store, commands, options, resolve, reject);
    this.#command = command;
    this.access = command.kind.access;
    this.isRepeatable = command.isRepeatable;
  }

  protected override decode(reply: Buffer): Result {
    return this.#command.decode(valid(new ReplyCursor(reply).next()));
  }
}

/** A typed call of several commands, all or nothing, on its way. */
export class BatchCall extends StoreCall<unknown[]> {
  readonly count: number;
  readonly isAtomic = true;
  readonly access: 'read' | 'write';
  readonly isRepeatable: boolean;
  readonly #batch: readonly StoreCommand<unknown>[];

  constructor(
    store: number,
    batch: readonly StoreCommand<unknown>[],
    commands: Buffer,
    options: CallOptions | undefined,
    resolve: (results: unknown[]) => void,
    reject: (reason: unknown) => void,
  ) {
    super(store, commands, options, resolve, reject);
    this.#batch = batch;
    this.count = batch.length;
    const isWrite = batch.some(({ kind }) => kind.access === 'write');
    this.access = isWrite ? 'write' : 'read';
    // A read before a write would find what the first run wrote.
    this.isRepeatable = batch.every(
      ({ kind, isRepeatable }) => isRepeatable && (!isWrite || kind.name === 'set' || kind.name === 'mset'),
    );
  }

  protected override decode(reply: Buffer): unknown[] {
    const cursor = new ReplyCursor(reply);
    const replies = this.#batch.map(() => cursor.next());
    const errors = replies.filter(one => one instanceof RespError);
    // The command that failed has an error of its own; the others say that they were discarded with it.
    const cause = errors.find(error => error.code !== 'EXECABORT') ?? errors[0];
    if (cause !== undefined) throw refusal(cause.message);
    return replies.map((one, i) => this.#batch[i]!.decode(valid(one)));
  }
}

function valid(reply: RespValue | undefined): RespValue {
  if (reply === undefined) throw refusal('The reply of the storage thread is malformed.');
  if (reply instanceof RespError) throw refusal(reply.message);
  return reply;
}

function refusal(line: string): StorageError {
  const code = storageErrorCodeOf(line);
  // The other codes' sentences say more than the line does.
  return new StorageError(code, code === 'command_refused' || code === 'write_failed' ? line : undefined);
}
