import { encode } from '../../chains/solana/base58.ts';
import { type BorshCursor, BorshError } from './borsh-cursor.ts';

/** How values of a type are read. */
export interface BorshType<Value = unknown> {
  /** The least bytes that a value takes. */
  readonly minSize: number;
  read(cursor: BorshCursor): Value;
}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const u8: BorshType<number> = { minSize: 1, read: cursor => cursor.u8() };
export const u16: BorshType<number> = { minSize: 2, read: cursor => cursor.u16() };
export const u32: BorshType<number> = { minSize: 4, read: cursor => cursor.u32() };
export const u64: BorshType<bigint> = { minSize: 8, read: cursor => cursor.u64() };
export const i8: BorshType<number> = { minSize: 1, read: cursor => cursor.i8() };
export const i16: BorshType<number> = { minSize: 2, read: cursor => cursor.i16() };
export const i32: BorshType<number> = { minSize: 4, read: cursor => cursor.i32() };
export const i64: BorshType<bigint> = { minSize: 8, read: cursor => cursor.i64() };
export const f32: BorshType<number> = { minSize: 4, read: cursor => cursor.f32() };
export const f64: BorshType<number> = { minSize: 8, read: cursor => cursor.f64() };
export const u128: BorshType<bigint> = { minSize: 16, read: cursor => cursor.u64() | (cursor.u64() << 64n) };
export const i128: BorshType<bigint> = { minSize: 16, read: cursor => cursor.u64() | (cursor.i64() << 64n) };
export const u256: BorshType<bigint> = {
  minSize: 32,
  read: cursor => u128.read(cursor) | (u128.read(cursor) << 128n),
};
export const i256: BorshType<bigint> = {
  minSize: 32,
  read: cursor => u128.read(cursor) | (i128.read(cursor) << 128n),
};

export const bool: BorshType<boolean> = {
  minSize: 1,
  read(cursor) {
    const byte = cursor.u8();
    if (byte > 1) throw cursor.error(`a bool is 0 or 1, not ${byte}`);
    return byte === 1;
  },
};

/** A key, as base58. */
export const key: BorshType<string> = { minSize: 32, read: cursor => encode(cursor.view(32)) };

/** Bytes with their count (u32) in front. */
export const bytes: BorshType<Uint8Array> = { minSize: 4, read: cursor => cursor.copy(cursor.u32()) };

/** UTF-8 with its length (u32) in front. */
export const string: BorshType<string> = {
  minSize: 4,
  read: cursor => utf8(cursor, cursor.u32()),
};

/** UTF-8 of a length known. @throws {BorshError} not UTF-8 */
export function utf8(cursor: BorshCursor, length: number): string {
  const start = cursor.take(length);
  const { buffer, byteOffset } = cursor.bytes;
  const read = Buffer.from(buffer, byteOffset + start, length).toString('utf8');
  // What is not UTF-8 becomes this very character, which may also stand there in earnest.
  if (!read.includes('\ufffd')) return read;
  try {
    return text.decode(cursor.bytes.subarray(start, start + length));
  } catch {
    throw cursor.error(`the ${length} bytes at ${start} are not UTF-8`);
  }
}

/** `[u8; length]` and the like: bytes without a count. */
export function fixedBytes(length: number): BorshType<Uint8Array> {
  return { minSize: length, read: cursor => cursor.copy(length) };
}

/** One byte (0 or 1), then the value where it is 1; `null` for none. */
export function option<Value>(inner: BorshType<Value>): BorshType<Value | null> {
  return {
    minSize: 1,
    read(cursor) {
      const byte = cursor.u8();
      if (byte > 1) throw cursor.error(`an option starts with 0 or 1, not ${byte}`);
      return byte === 0 ? null : nested(cursor, inner);
    },
  };
}

/** As `Pack` has it: four bytes (0 or 1), and room for the value in any case. */
export function fixedOption<Value>(inner: BorshType<Value>): BorshType<Value | null> {
  return {
    minSize: 4 + inner.minSize,
    read(cursor) {
      const flag = cursor.u32();
      if (flag > 1) throw cursor.error(`an option starts with 0 or 1, not ${flag}`);
      const value = nested(cursor, inner);
      return flag === 0 ? null : value;
    },
  };
}

/** A count (u32), then as many values. */
export function vec<Value>(inner: BorshType<Value>): BorshType<Value[]> {
  return { minSize: 4, read: cursor => elements(cursor, inner, cursor.u32()) };
}

/** As many values as the type says. */
export function array<Value>(inner: BorshType<Value>, length: number): BorshType<Value[]> {
  return { minSize: inner.minSize * length, read: cursor => elements(cursor, inner, length) };
}

/** A count (u32), then pairs; a list of pairs, for keys need not be text. */
export function map<Key, Value>(
  keyType: BorshType<Key>,
  valueType: BorshType<Value>,
): BorshType<(Key | Value)[][]> {
  return vec(tuple<Key | Value>([keyType, valueType]));
}

/** Values of several types one after another. */
export function tuple<Value>(types: readonly BorshType<Value>[]): BorshType<Value[]> {
  return {
    minSize: types.reduce((size, type) => size + type.minSize, 0),
    read(cursor) {
      cursor.enter();
      const values: Value[] = [];
      for (const [at, type] of types.entries()) {
        try {
          values.push(type.read(cursor));
        } catch (error) {
          throw inside(error, `[${at}]`);
        }
      }
      cursor.leave();
      return values;
    },
  };
}

/** Fields by name, in the order given. */
export function struct<Fields extends Readonly<Record<string, BorshType>>>(
  fields: Fields,
): BorshType<{
  -readonly [Name in keyof Fields]: Fields[Name] extends BorshType<infer Value> ? Value : never;
}> {
  const names = Object.keys(fields);
  const types = Object.values(fields);
  return {
    minSize: types.reduce((size, type) => size + type.minSize, 0),
    read(cursor) {
      cursor.enter();
      const value: Record<string, unknown> = {};
      let at = 0;
      try {
        for (; at < types.length; at++) value[names[at] as string] = (types[at] as BorshType).read(cursor);
      } catch (error) {
        throw inside(error, names[at] as string);
      }
      cursor.leave();
      // Each field was read by its own type.
      return value as {
        -readonly [Name in keyof Fields]: Fields[Name] extends BorshType<infer V> ? V : never;
      };
    },
  };
}

/** A variant of an enum; without `type` it holds nothing. */
export interface BorshVariant {
  readonly name: string;
  readonly type?: BorshType | undefined;
}

/**
 * One byte, then what that variant holds. As serde writes it: the name alone for a variant that holds nothing, else
 * `{ Name: … }`.
 */
export function variants(
  name: string,
  list: readonly BorshVariant[],
): BorshType<string | Record<string, unknown>> {
  return {
    minSize: 1,
    read(cursor) {
      const index = cursor.u8();
      const variant = list[index];
      if (variant === undefined) throw cursor.error(`variant ${index} of ${name}, which has ${list.length}`);
      if (variant.type === undefined) return variant.name;
      try {
        return { [variant.name]: nested(cursor, variant.type) };
      } catch (error) {
        throw inside(error, variant.name);
      }
    },
  };
}

/** Adds to an error where it occurred. */
function inside(error: unknown, where: string): unknown {
  if (error instanceof BorshError) error.trail.unshift(where);
  return error;
}

function elements<Value>(cursor: BorshCursor, inner: BorshType<Value>, count: number): Value[] {
  cursor.expect(count, inner.minSize);
  cursor.enter();
  const values: Value[] = [];
  let at = 0;
  try {
    for (; at < count; at++) values.push(inner.read(cursor));
  } catch (error) {
    throw inside(error, `[${at}]`);
  }
  cursor.leave();
  return values;
}

function nested<Value>(cursor: BorshCursor, inner: BorshType<Value>): Value {
  cursor.enter();
  const value = inner.read(cursor);
  cursor.leave();
  return value;
}
