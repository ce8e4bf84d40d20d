import { BorshCursor, BorshError } from './borsh-cursor.ts';
import type { BorshType } from './borsh-types.ts';

/** What became of bytes that should hold a value. */
export type Decoded<Value> =
  | {
      readonly ok: true;
      readonly value: Value;
      /** Bytes behind the value, which nothing reads. */
      readonly trailingBytes: number;
    }
  | { readonly ok: false; readonly reason: string };

/** Reads a value out of bytes that somebody else wrote, from `offset` on. Never throws for what they hold. */
export function decode<Value>(type: BorshType<Value>, bytes: Uint8Array, offset = 0): Decoded<Value> {
  const cursor = new BorshCursor(bytes, Math.min(offset, bytes.length));
  try {
    const value = type.read(cursor);
    return { ok: true, value, trailingBytes: cursor.remaining };
  } catch (error) {
    if (error instanceof BorshError) return { ok: false, reason: error.describe() };
    throw error;
  }
}
