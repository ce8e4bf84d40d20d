import protobuf from 'protobufjs/minimal.js';
import type { Uint64 } from './geyser-messages.ts';

/** A writer of protobuf for the static codec that takes 64-bit numbers as bigints too. */
export class WireWriter extends protobuf.BufferWriter {
  override uint64(value: unknown): protobuf.Writer {
    return super.uint64(toParts(value as Uint64) as never);
  }

  override int64(value: unknown): protobuf.Writer {
    return super.uint64(toParts(value as Uint64) as never);
  }
}

/** The package takes numbers, and objects with two halves. */
function toParts(value: Uint64): number | { low: number; high: number } {
  if (typeof value === 'number') return value;
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffff_ffffn), high: Number(bits >> 32n) };
}
