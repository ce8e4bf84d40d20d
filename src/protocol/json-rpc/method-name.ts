import { decodeString } from './json-string.ts';

/**
 * The method in a JSON string (quotes included in the range). The same few names come again and again, and finding one
 * again costs a tenth of making it anew; names that share a slot take turns, and no name above 48 bytes is kept.
 */
export function methodName(source: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > LONGEST) return decodeString(source, start, end);
  let hash = length;
  for (let at = start + 1; at < end - 1; at++) hash = (Math.imul(hash, 31) + source[at]!) | 0;
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = slots[slot];
  if (known !== undefined && known.bytes.length === length) {
    const { bytes } = known;
    let index = 0;
    while (index < length && bytes[index] === source[start + index]) index++;
    if (index === length) return known.name;
  }
  const name = decodeString(source, start, end);
  slots[slot] = { bytes: new Uint8Array(source.subarray(start, end)), name };
  return name;
}

const SLOTS = 512;
const LONGEST = 50;
const slots: ({ readonly bytes: Uint8Array; readonly name: string } | undefined)[] = new Array(SLOTS).fill(
  undefined,
);
