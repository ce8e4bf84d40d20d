/** Element of a pattern that stands for any number of bytes. */
const star = undefined;

/** The bytes that one element matches: a table of 256. */
type ByteSet = Uint8Array | typeof star;

/**
 * Compiles a pattern of Redis: `*`, `?`, `[a-z]`, `[^x]`, `\x`. The matcher takes at most the product of both lengths
 * in steps, whatever the pattern.
 */
export function compileGlob(pattern: Uint8Array): (subject: Uint8Array) => boolean {
  const elements = parse(pattern);
  if (elements.length === 1 && elements[0] === star) return () => true;
  return subject => matches(elements, subject);
}

function matches(elements: readonly ByteSet[], subject: Uint8Array): boolean {
  let element = 0;
  let at = 0;
  // Where to go on when a mismatch makes the last star take one byte more; earlier stars need never take more.
  let starElement = -1;
  let starAt = 0;
  while (at < subject.length) {
    const set = elements[element];
    if (element < elements.length && set === star) {
      starElement = element++;
      starAt = at;
    } else if (set !== undefined && set[subject[at]!] === 1) {
      element++;
      at++;
    } else if (starElement !== -1) {
      element = starElement + 1;
      at = ++starAt;
    } else return false;
  }
  while (element < elements.length && elements[element] === star) element++;
  return element === elements.length;
}

const anyByte = new Uint8Array(256).fill(1);

function parse(pattern: Uint8Array): ByteSet[] {
  const elements: ByteSet[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const byte = pattern[at]!;
    if (byte === 0x2a) {
      if (elements.length === 0 || elements.at(-1) !== star) elements.push(star);
    } else if (byte === 0x3f) elements.push(anyByte);
    else if (byte === 0x5b) at = parseClass(pattern, at + 1, elements);
    else {
      if (byte === 0x5c && at + 1 < pattern.length) at++;
      elements.push(only(pattern[at]!));
    }
  }
  return elements;
}

/** Reads a class behind its `[`; returns the offset of its `]`, or of the last byte when there is none. */
function parseClass(pattern: Uint8Array, start: number, elements: ByteSet[]): number {
  const set = new Uint8Array(256);
  let at = start;
  const isNegated = pattern[at] === 0x5e;
  if (isNegated) at++;
  for (; at < pattern.length && pattern[at] !== 0x5d; at++) {
    if (pattern[at] === 0x5c && at + 1 < pattern.length) set[pattern[++at]!] = 1;
    else if (pattern[at + 1] === 0x2d && at + 2 < pattern.length) {
      const from = Math.min(pattern[at]!, pattern[at + 2]!);
      set.fill(1, from, Math.max(pattern[at]!, pattern[at + 2]!) + 1);
      at += 2;
    } else set[pattern[at]!] = 1;
  }
  if (isNegated) for (let i = 0; i < 256; i++) set[i]! ^= 1;
  elements.push(set);
  return at;
}

/** One table per byte, made when it is first needed. */
const singles: Uint8Array[] = [];

function only(byte: number): Uint8Array {
  let set = singles[byte];
  if (set === undefined) {
    set = new Uint8Array(256);
    set[byte] = 1;
    singles[byte] = set;
  }
  return set;
}
