import { CommandPacker } from '../channel/packed-commands.ts';
import type { StorageRequest } from './storage-request.ts';
import { BatchCall, type CallOptions, CommandCall } from './store-call.ts';
import type { StoreBytes, StoreCommand } from './store-command.ts';
import {
  type RangeEntry,
  type RangeOptions,
  type ScanOptions,
  type ScanPage,
  type SetOptions,
  storeCommands,
  type TimeToLive,
} from './store-commands.ts';

/** The results of a batch, in its order. */
export type BatchResults<Commands extends readonly StoreCommand<unknown>[]> = {
  -readonly [At in keyof Commands]: Commands[At] extends StoreCommand<infer Result> ? Result : never;
};

/**
 * One store, by typed calls. Keys and values are bytes or UTF-8 texts; values come back as bytes. Every call rejects with
 * a `StorageError`: `command_refused` when the store answered with an error of the command, `disk_full`, `store_full`,
 * `write_failed` or `corrupt_record` when the store could not, else with the codes of `StorageClient.submit`.
 */
export class TypedStore {
  readonly #store: number;
  readonly #submit: (request: StorageRequest) => void;
  readonly #packer = new CommandPacker();

  /**
   * @param store Index of the store in the runtime's list.
   * @param submit Takes a request; `StorageClient.submit`.
   */
  constructor(store: number, submit: (request: StorageRequest) => void) {
    this.#store = store;
    this.#submit = submit;
  }

  /** The value of a key; null: there is no such key. */
  get(key: StoreBytes, options?: CallOptions): Promise<Buffer | null> {
    return this.run(storeCommands.get(key), options);
  }

  /**
   * Sets a value. Resolves to false where `ifAbsent` or `ifPresent` did not hold; with `returnOld` to the value before,
   * whether or not they held.
   */
  set(
    key: StoreBytes,
    value: StoreBytes,
    options: SetOptions & CallOptions & { readonly returnOld: true },
  ): Promise<Buffer | null>;
  set(
    key: StoreBytes,
    value: StoreBytes,
    options?: SetOptions & CallOptions & { readonly returnOld?: false },
  ): Promise<boolean>;
  set(
    key: StoreBytes,
    value: StoreBytes,
    options?: SetOptions & CallOptions,
  ): Promise<boolean | Buffer | null> {
    if (options?.returnOld) return this.run(storeCommands.setAndGet(key, value, options), options);
    return this.run(storeCommands.set(key, value, options), options);
  }

  /** Removes one key or several; resolves to how many there were. */
  del(keys: StoreBytes | readonly StoreBytes[], options?: CallOptions): Promise<number> {
    return this.run(storeCommands.del(keys), options);
  }

  /** How many of the keys there are; one named twice counts twice. */
  exists(keys: StoreBytes | readonly StoreBytes[], options?: CallOptions): Promise<number> {
    return this.run(storeCommands.exists(keys), options);
  }

  /** Lets a key be gone after `seconds`; false: there is no such key. */
  expire(key: StoreBytes, seconds: number, options?: CallOptions): Promise<boolean> {
    return this.run(storeCommands.expire(key, seconds), options);
  }

  /** Lets a key be gone after `milliseconds`; false: there is no such key. */
  pexpire(key: StoreBytes, milliseconds: number, options?: CallOptions): Promise<boolean> {
    return this.run(storeCommands.pexpire(key, milliseconds), options);
  }

  /** Seconds that a key has left. */
  ttl(key: StoreBytes, options?: CallOptions): Promise<TimeToLive> {
    return this.run(storeCommands.ttl(key), options);
  }

  /** Milliseconds that a key has left. */
  pttl(key: StoreBytes, options?: CallOptions): Promise<TimeToLive> {
    return this.run(storeCommands.pttl(key), options);
  }

  /** Lets a key live for ever; false: it does already, or there is none. */
  persist(key: StoreBytes, options?: CallOptions): Promise<boolean> {
    return this.run(storeCommands.persist(key), options);
  }

  /** Adds one to a decimal integer and returns the sum; a missing key counts as 0. */
  incr(key: StoreBytes, options?: CallOptions): Promise<number | bigint> {
    return this.run(storeCommands.incr(key), options);
  }

  /** Adds `by`, an integer; sums beyond 2^53 come as `bigint`. */
  incrBy(key: StoreBytes, by: number | bigint, options?: CallOptions): Promise<number | bigint> {
    return this.run(storeCommands.incrBy(key, by), options);
  }

  /** Takes one from a decimal integer. */
  decr(key: StoreBytes, options?: CallOptions): Promise<number | bigint> {
    return this.run(storeCommands.decr(key), options);
  }

  /** Takes `by`, an integer, from a decimal integer. */
  decrBy(key: StoreBytes, by: number | bigint, options?: CallOptions): Promise<number | bigint> {
    return this.run(storeCommands.decrBy(key, by), options);
  }

  /** Sets several values at once, all or none. */
  mset(entries: Iterable<readonly [StoreBytes, StoreBytes]>, options?: CallOptions): Promise<undefined> {
    return this.run(storeCommands.mset(entries), options);
  }

  /** The values of several keys, in their order. */
  mget(keys: readonly StoreBytes[], options?: CallOptions): Promise<(Buffer | null)[]> {
    return this.run(storeCommands.mget(keys), options);
  }

  /** Removes a key and returns the value that it had. */
  getDel(key: StoreBytes, options?: CallOptions): Promise<Buffer | null> {
    return this.run(storeCommands.getDel(key), options);
  }

  /** Puts bytes behind a value; resolves to the new length. */
  append(key: StoreBytes, value: StoreBytes, options?: CallOptions): Promise<number> {
    return this.run(storeCommands.append(key, value), options);
  }

  /** Bytes of a value; 0: there is no such key. */
  strlen(key: StoreBytes, options?: CallOptions): Promise<number> {
    return this.run(storeCommands.strlen(key), options);
  }

  /**
   * All keys, one page after the other. A key that is there all the while is found exactly once; one that comes or goes
   * meanwhile may be found or not.
   */
  async *scan(options?: ScanOptions & CallOptions): AsyncGenerator<Buffer, void, undefined> {
    let position: Buffer | undefined;
    do {
      const page: ScanPage = await this.scanPage(position, options);
      yield* page.keys;
      position = page.position;
    } while (position !== undefined);
  }

  /** One page of keys from `position`, which the page before returned; undefined: the first page. */
  scanPage(position: Buffer | undefined, options?: ScanOptions & CallOptions): Promise<ScanPage> {
    return this.run(storeCommands.scan(position, options), options);
  }

  /** How many keys there are; expired ones that are not swept yet count. */
  dbSize(options?: CallOptions): Promise<number> {
    return this.run(storeCommands.dbSize(), options);
  }

  /** Removes all keys. */
  flushAll(options?: CallOptions): Promise<undefined> {
    return this.run(storeCommands.flushAll(), options);
  }

  /** `string`, or `none` where there is no such key. */
  type(key: StoreBytes, options?: CallOptions): Promise<'string' | 'none'> {
    return this.run(storeCommands.type(key), options);
  }

  /** Keys and values in the order of keys, from `start` up to `end`; `corrupt_record` where one of them is damaged. */
  range(
    start: StoreBytes,
    end: StoreBytes,
    options: RangeOptions & CallOptions,
  ): Promise<readonly RangeEntry[]> {
    return this.run(storeCommands.range(start, end, options), options);
  }

  /** Removes keys from `start` up to `end`, lowest first, at most 10,000; resolves to how many there were. */
  delRange(start: StoreBytes, end: StoreBytes, maxEntries: number, options?: CallOptions): Promise<number> {
    return this.run(storeCommands.delRange(start, end, maxEntries), options);
  }

  /** Runs one of `storeCommands`. */
  run<Result>(command: StoreCommand<Result>, options?: CallOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      options?.signal?.throwIfAborted();
      this.#begin();
      this.#pack(command);
      this.#submit(new CommandCall(this.#store, command, this.#packer.take(), options, resolve, reject));
    });
  }

  /** Runs several of `storeCommands` one after the other, all or none: the first error undoes and rejects everything. */
  batch<const Commands extends readonly StoreCommand<unknown>[]>(
    commands: Commands,
    options?: CallOptions,
  ): Promise<BatchResults<Commands>> {
    if (commands.length === 0) return Promise.resolve([] as unknown as BatchResults<Commands>);
    const results = new Promise<unknown[]>((resolve, reject) => {
      options?.signal?.throwIfAborted();
      this.#begin();
      for (const command of commands) this.#pack(command);
      this.#submit(new BatchCall(this.#store, commands, this.#packer.take(), options, resolve, reject));
    });
    return results as Promise<BatchResults<Commands>>;
  }

  /** A call that could not be packed has left nothing to the next one. */
  #begin(): void {
    if (this.#packer.count > 0) this.#packer.take();
  }

  #pack({ kind, args }: StoreCommand<unknown>): void {
    const packer = this.#packer;
    packer.begin(kind.opcode, args.length);
    for (const arg of args) {
      if (typeof arg === 'string') packer.text(arg);
      else packer.argument(arg);
    }
  }
}
