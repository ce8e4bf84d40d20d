const largest = 2n ** 63n - 1n;
const smallest = -(2n ** 63n);

/** Digits that a double holds whatever they are. */
const plainDigits = 15;

/** Whether a 64-bit signed integer holds it. */
export function fitsInt64(value: bigint): boolean {
  return value >= smallest && value <= largest;
}

/**
 * The integer that the bytes from `start` to `end` spell as Redis takes it: decimal, no plus sign, no leading zeros, 64
 * bits. A number where it is safe as one, else a bigint; undefined: they spell none.
 */
export function parseInteger(source: Uint8Array, start: number, end: number): number | bigint | undefined {
  let at = start;
  const isNegative = at < end && source[at] === 0x2d;
  if (isNegative) at++;
  const digits = end - at;
  if (digits === 0 || digits > 19) return undefined;
  const first = source[at]!;
  if (first === 0x30) return digits === 1 && !isNegative ? 0 : undefined;
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = source[i]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits <= plainDigits) return isNegative ? -value : value;
  const exact = BigInt(latin1(source, start, end));
  return fitsInt64(exact) ? narrow(exact) : undefined;
}

/** The sum as a number where it is safe as one, else a bigint; undefined: more than 64 bits. */
export function addIntegers(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const exact = BigInt(a) + BigInt(b);
  return fitsInt64(exact) ? narrow(exact) : undefined;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function latin1(source: Uint8Array, start: number, end: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, end - start).toString('latin1');
}
