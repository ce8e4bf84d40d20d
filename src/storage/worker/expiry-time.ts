import { fitsInt64, parseInteger } from './integer-text.ts';

/** How a command spells a time: seconds or milliseconds, from now or since the Unix epoch. */
export interface TimeUnit {
  readonly factor: 1 | 1000;
  readonly isAbsolute: boolean;
}

export const seconds: TimeUnit = { factor: 1000, isAbsolute: false };
export const milliseconds: TimeUnit = { factor: 1, isAbsolute: false };
export const unixSeconds: TimeUnit = { factor: 1000, isAbsolute: true };
export const unixMilliseconds: TimeUnit = { factor: 1, isAbsolute: true };

/** What `parseExpiry` answers in place of a time. */
export const notInteger = 'not_integer';
export const outOfRange = 'out_of_range';

/**
 * The expiry that an argument asks for, in milliseconds since the Unix epoch. Beyond 2^53 it is as exact as a double is,
 * 285,000 years from now.
 */
export function parseExpiry(
  source: Uint8Array,
  start: number,
  end: number,
  unit: TimeUnit,
  now: number,
): number | typeof notInteger | typeof outOfRange {
  const amount = parseInteger(source, start, end);
  if (amount === undefined) return notInteger;
  const base = unit.isAbsolute ? 0 : now;
  if (typeof amount === 'number') {
    const plain = amount * unit.factor + base;
    if (Number.isSafeInteger(plain)) return plain;
  }
  const scaled = BigInt(amount) * BigInt(unit.factor);
  const exact = scaled + BigInt(base);
  return fitsInt64(scaled) && fitsInt64(exact) ? Number(exact) : outOfRange;
}
