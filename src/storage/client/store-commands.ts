import type { RespValue } from '../../protocol/resp/reply-reader.ts';
import { commandKind, type StoreBytes, type StoreCommand } from './store-command.ts';

/** How a value is set; at most one of `ifAbsent` and `ifPresent`, and of `expiresInMs` and `keepTtl`. */
export interface SetOptions {
  /** Milliseconds until the key is gone. @default never */
  readonly expiresInMs?: number;
  /** Only where the key does not exist. @default false */
  readonly ifAbsent?: boolean;
  /** Only where the key exists. @default false */
  readonly ifPresent?: boolean;
  /** Keeps the time to live that the key has. @default false: the key does not expire */
  readonly keepTtl?: boolean;
  /** Asks for the value before. @default false */
  readonly returnOld?: boolean;
}

/** Which keys a scan returns. */
export interface ScanOptions {
  /** A glob pattern as in Redis: `*`, `?`, `[a-z]`, `\` takes the next character as it is. @default all */
  readonly match?: StoreBytes;
  /** Keys that the store looks at for one page. @default 10 */
  readonly count?: number;
}

/** One page of a scan. */
export interface ScanPage {
  /** Where the next page begins; undefined: this was the last one. */
  readonly position: Buffer | undefined;
  readonly keys: readonly Buffer[];
}

/** How much of a range is returned; one entry is returned whatever its size. */
export interface RangeOptions {
  /** At most 10,000 are looked at. */
  readonly maxEntries: number;
  /** Bytes of keys and values. */
  readonly maxBytes: number;
  /** `floor`: begins with the greatest key that is not above `start`; `reverse`: the greatest key first. @default in order */
  readonly mode?: 'floor' | 'reverse';
}

/** A key with its value. */
export interface RangeEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Milliseconds or seconds that a key has left; `never`: it does not expire; `missing`: there is no such key. */
export type TimeToLive = number | 'never' | 'missing';

const kinds = {
  get: commandKind('get'),
  set: commandKind('set'),
  del: commandKind('del'),
  exists: commandKind('exists'),
  expire: commandKind('expire'),
  pexpire: commandKind('pexpire'),
  ttl: commandKind('ttl'),
  pttl: commandKind('pttl'),
  persist: commandKind('persist'),
  incr: commandKind('incr'),
  incrby: commandKind('incrby'),
  decr: commandKind('decr'),
  decrby: commandKind('decrby'),
  mset: commandKind('mset'),
  mget: commandKind('mget'),
  getdel: commandKind('getdel'),
  append: commandKind('append'),
  strlen: commandKind('strlen'),
  scan: commandKind('scan'),
  dbsize: commandKind('dbsize'),
  flushall: commandKind('flushall'),
  type: commandKind('type'),
  range: commandKind('range'),
  delrange: commandKind('delrange'),
  expect: commandKind('expect'),
};

function command<Result>(
  kind: keyof typeof kinds,
  args: readonly StoreBytes[],
  decode: (reply: RespValue) => Result,
  isRepeatable = true,
): StoreCommand<Result> {
  const own = kinds[kind];
  return { kind: own, args, isRepeatable: isRepeatable && own.isRepeatable, decode };
}

const toValue = (reply: RespValue): Buffer | null => (reply === null ? null : keep(reply as Buffer));
const toNumber = (reply: RespValue): number => Number(reply);
const toInteger = (reply: RespValue): number | bigint => reply as number | bigint;
const toBoolean = (reply: RespValue): boolean => reply === 1;
const toIsSet = (reply: RespValue): boolean => reply !== null;
const toNothing = (): undefined => undefined;
const toTimeToLive = (reply: RespValue): TimeToLive =>
  reply === -1 ? 'never' : reply === -2 ? 'missing' : Number(reply);
const toValues = (reply: RespValue): (Buffer | null)[] => (reply as RespValue[]).map(toValue);

function toScanPage(reply: RespValue): ScanPage {
  const [position, keys] = reply as [Buffer, Buffer[]];
  return { position: position.length === 0 ? undefined : keep(position), keys: keys.map(keep) };
}

function toEntries(reply: RespValue): RangeEntry[] {
  const parts = reply as Buffer[];
  const entries: RangeEntry[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2)
    entries.push({ key: keep(parts[i]!), value: keep(parts[i + 1]!) });
  return entries;
}

const listOf = (keys: StoreBytes | readonly StoreBytes[]): readonly StoreBytes[] =>
  typeof keys === 'string' || keys instanceof Uint8Array ? [keys] : keys;

/** The commands of a store, to be run by `TypedStore.run` or together by `TypedStore.batch`. */
export const storeCommands = {
  get: (key: StoreBytes) => command('get', [key], toValue),

  /** True unless a condition did not hold. */
  set: (key: StoreBytes, value: StoreBytes, options?: Omit<SetOptions, 'returnOld'>) =>
    options === undefined
      ? command('set', [key, value], toIsSet)
      : command('set', [key, value, ...setWords(options)], toIsSet, !options.ifAbsent && !options.ifPresent),

  /** Sets a value and returns the one before; with a condition, the reply does not say whether it held. */
  setAndGet: (key: StoreBytes, value: StoreBytes, options: SetOptions = {}) =>
    command('set', [key, value, ...setWords(options), 'GET'], toValue, false),

  /** How many of the keys there were. */
  del: (keys: StoreBytes | readonly StoreBytes[]) => command('del', listOf(keys), toNumber),

  /** How many of the keys there are; one named twice counts twice. */
  exists: (keys: StoreBytes | readonly StoreBytes[]) => command('exists', listOf(keys), toNumber),

  expire: (key: StoreBytes, seconds: number) =>
    command('expire', [key, String(seconds)], toBoolean, seconds > 0),
  pexpire: (key: StoreBytes, milliseconds: number) =>
    command('pexpire', [key, String(milliseconds)], toBoolean, milliseconds > 0),
  ttl: (key: StoreBytes) => command('ttl', [key], toTimeToLive),
  pttl: (key: StoreBytes) => command('pttl', [key], toTimeToLive),
  persist: (key: StoreBytes) => command('persist', [key], toBoolean),

  incr: (key: StoreBytes) => command('incr', [key], toInteger),
  incrBy: (key: StoreBytes, by: number | bigint) => command('incrby', [key, String(by)], toInteger),
  decr: (key: StoreBytes) => command('decr', [key], toInteger),
  decrBy: (key: StoreBytes, by: number | bigint) => command('decrby', [key, String(by)], toInteger),

  mset: (entries: Iterable<readonly [StoreBytes, StoreBytes]>) =>
    command('mset', [...entries].flat(), toNothing),
  mget: (keys: readonly StoreBytes[]) => command('mget', keys, toValues),

  getDel: (key: StoreBytes) => command('getdel', [key], toValue),
  append: (key: StoreBytes, value: StoreBytes) => command('append', [key, value], toNumber),
  strlen: (key: StoreBytes) => command('strlen', [key], toNumber),

  /** One page; `position` is the one that the page before returned. */
  scan: (position: Buffer | undefined, { match, count }: ScanOptions = {}) => {
    const args: StoreBytes[] = [position ?? ''];
    if (match !== undefined) args.push('MATCH', match);
    if (count !== undefined) args.push('COUNT', String(count));
    return command('scan', args, toScanPage);
  },

  dbSize: () => command('dbsize', [], toNumber),
  flushAll: () => command('flushall', [], toNothing),
  type: (key: StoreBytes) => command('type', [key], reply => reply as 'string' | 'none'),

  /** Keys and values in the order of keys, from `start` up to `end`. */
  range: (start: StoreBytes, end: StoreBytes, { maxEntries, maxBytes, mode }: RangeOptions) => {
    const args = [start, end, String(maxEntries), String(maxBytes)];
    return command('range', mode === undefined ? args : [...args, mode], toEntries);
  },

  /** Keys in order, from `start` up to `end`, whether or not their values are damaged. */
  rangeKeys: (start: StoreBytes, end: StoreBytes, maxEntries: number) =>
    command('range', [start, end, String(maxEntries), '1', 'keys'], reply => (reply as Buffer[]).map(keep)),

  /** Removes keys from `start` up to `end`, lowest first; at most 10,000 at once. How many there were. */
  delRange: (start: StoreBytes, end: StoreBytes, maxEntries: number) =>
    command('delrange', [start, end, String(maxEntries)], toNumber),

  /** Lets the batch that it begins fail with `unexpected_value` unless the key has one of the values. */
  expect: (key: StoreBytes, values: readonly StoreBytes[]) => command('expect', [key, ...values], toNothing),
};

const copyLimit = 4096;

/**
 * The value as the caller's own: small ones are copied, as a hundred bytes would keep a whole frame of replies alive.
 */
function keep(value: Buffer): Buffer {
  if (value.length >= copyLimit && value.length * 2 >= value.buffer.byteLength) return value;
  const copy = Buffer.allocUnsafe(value.length);
  copy.set(value);
  return copy;
}

function setWords({ expiresInMs, ifAbsent, ifPresent, keepTtl }: SetOptions): string[] {
  const words: string[] = [];
  if (expiresInMs !== undefined) words.push('PX', String(expiresInMs));
  if (ifAbsent) words.push('NX');
  if (ifPresent) words.push('XX');
  if (keepTtl) words.push('KEEPTTL');
  return words;
}
