import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_OBJECT, QUOTE } from '../../protocol/json-rpc/skip-json.ts';
import { readSlot } from './slot-head.ts';

/** The bytes of a JSON value inside others. */
export interface JsonRange {
  readonly start: number;
  readonly end: number;
}

/** What is common to most results: a value, and the slot that it is of. */
export interface ValueOfSlot {
  readonly slot: number;
  readonly value: JsonRange;
}

/** Reads `{"context":{"slot":N},"value":…}`; undefined: it is not that. */
export function valueOfSlot(result: Buffer): ValueOfSlot | undefined {
  const all = { start: 0, end: result.length };
  const context = member(result, all, CONTEXT);
  const value = member(result, all, VALUE);
  const slot = context === undefined ? undefined : slotMember(result, context, SLOT);
  return slot === undefined || value === undefined ? undefined : { slot, value };
}

/** A member of a JSON object, by its name's bytes; undefined: there is none, or it is no object. */
export function member(source: Buffer, object: JsonRange, name: Uint8Array): JsonRange | undefined {
  if (source[object.start] !== OPEN_OBJECT) return undefined;
  const members = new MemberCursor(source, object.start, object.end, MAX_DEPTH);
  while (members.next()) if (members.keyIs(name)) return { start: members.valueStart, end: members.valueEnd };
  return undefined;
}

/** A member that is a slot. */
export function slotMember(source: Buffer, object: JsonRange, name: Uint8Array): number | undefined {
  const found = member(source, object, name);
  return found === undefined ? undefined : readSlot(source, found.start, found.end);
}

/** The text of a member that is a string without escapes, as keys, signatures and names are. */
export function textMember(source: Buffer, object: JsonRange, name: Uint8Array): string | undefined {
  const found = member(source, object, name);
  if (found === undefined || source[found.start] !== QUOTE || found.end - found.start < 3) return undefined;
  return source.toString('latin1', found.start + 1, found.end - 1);
}

export const SLOT = Buffer.from('slot');
const CONTEXT = Buffer.from('context');
const VALUE = Buffer.from('value');
