/** Element of a pattern that stands for any number of bytes. */
const star = undefined;

/** The bytes that one element matches: a byte, or a set of one bit for each. */
type Element = number | Uint8Array | typeof star;

/** Beyond these a pattern would need a subject longer than any key or channel. */
const maxElements = 65_536;

/**
 * Compiles a pattern of Redis: `*`, `?`, `[a-z]`, `[^x]`, `\x`. The matcher takes at most the square of the subject's
 * length in steps, whatever the pattern; one of more than 65,536 elements matches nothing.
 */
export function compileGlob(pattern: Uint8Array): (subject: Uint8Array) => boolean {
  const elements = parse(pattern);
  if (elements === undefined) return () => false;
  if (elements.length === 1 && elements[0] === star) return () => true;
  return subject => matches(elements, subject);
}

function matches(elements: readonly Element[], subject: Uint8Array): boolean {
  let element = 0;
  let at = 0;
  // Where to go on when a mismatch makes the last star take one byte more; earlier stars need never take more.
  let starElement = -1;
  let starAt = 0;
  while (at < subject.length) {
    const expected = elements[element];
    if (element < elements.length && expected === star) {
      starElement = element++;
      starAt = at;
    } else if (expected !== undefined && accepts(expected, subject[at]!)) {
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

function accepts(expected: number | Uint8Array, byte: number): boolean {
  return typeof expected === 'number' ? expected === byte : (expected[byte >> 3]! & (1 << (byte & 7))) !== 0;
}

const anyByte = new Uint8Array(32).fill(255);

function parse(pattern: Uint8Array): Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < pattern.length; at++) {
    if (elements.length > maxElements) return undefined;
    const byte = pattern[at]!;
    if (byte === 0x2a) {
      if (elements.length === 0 || elements.at(-1) !== star) elements.push(star);
    } else if (byte === 0x3f) elements.push(anyByte);
    else if (byte === 0x5b) at = parseClass(pattern, at + 1, elements);
    else {
      if (byte === 0x5c && at + 1 < pattern.length) at++;
      elements.push(pattern[at]!);
    }
  }
  return elements;
}

/** Reads a class behind its `[`; returns the offset of its `]`, or of the last byte when there is none. */
function parseClass(pattern: Uint8Array, start: number, elements: Element[]): number {
  const set = new Uint8Array(32);
  let at = start;
  const isNegated = pattern[at] === 0x5e;
  if (isNegated) at++;
  for (; at < pattern.length && pattern[at] !== 0x5d; at++) {
    if (pattern[at] === 0x5c && at + 1 < pattern.length) add(set, pattern[++at]!, pattern[at]!);
    else if (pattern[at + 1] === 0x2d && at + 2 < pattern.length) {
      add(set, pattern[at]!, pattern[at + 2]!);
      at += 2;
    } else add(set, pattern[at]!, pattern[at]!);
  }
  if (isNegated) for (let i = 0; i < set.length; i++) set[i]! ^= 255;
  elements.push(set);
  return at;
}

/** Adds the bytes from one to the other, in either order. */
function add(set: Uint8Array, one: number, other: number): void {
  const last = Math.max(one, other);
  for (let byte = Math.min(one, other); byte <= last; byte++) set[byte >> 3]! |= 1 << (byte & 7);
}
