/** Reads a JSON string such as `"0x1a"` (quotes included) as a number; `undefined`: not a quantity, or above 2^53 - 1. */
export function parseQuantity(source: Buffer, start = 0, end = source.length): number | undefined {
  if (end - start < 5 || source[start] !== 0x22 || source[end - 1] !== 0x22) return undefined;
  if (source[start + 1] !== 0x30 || (source[start + 2]! | 0x20) !== 0x78) return undefined;
  let value = 0;
  for (let at = start + 3; at < end - 1; at++) {
    const digit = hexDigit(source[at]!);
    if (digit < 0) return undefined;
    value = value * 16 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
