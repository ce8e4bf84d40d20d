const BACKSLASH = 0x5c;

/** The text of a JSON string whose range, quotes included, is known to be valid JSON. */
export function decodeString(source: Buffer, start: number, end: number): string {
  for (let at = start + 1; at < end - 1; at++) {
    const byte = source[at]!;
    if (byte === BACKSLASH) return JSON.parse(source.toString('utf8', start, end));
    if (byte >= 0x80)
      return hasEscape(source, at, end)
        ? JSON.parse(source.toString('utf8', start, end))
        : source.toString('utf8', start + 1, end - 1);
  }
  return source.toString('latin1', start + 1, end - 1);
}

/** Whether the bytes from `start` on are those of `expected`. */
export function startsWith(source: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (source[start + index] !== expected[index]) return false;
  }
  return true;
}

function hasEscape(source: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (source[at] === BACKSLASH) return true;
  return false;
}
