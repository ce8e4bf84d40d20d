import { referenceJson, value } from './value.ts';

interface Range {
  /** Smallest allowed. */
  readonly min: number;
  /** Largest allowed. */
  readonly max: number;
}

/** A whole number in a range; digits in a string count, since `${VAR}` always gives a string. */
export function integer({ min, max }: Range) {
  return value<number | string, number>(
    { type: 'integer', json: { anyOf: [{ type: 'integer', minimum: min, maximum: max }, referenceJson] } },
    input => {
      const number = toNumber(input);
      return Number.isSafeInteger(number) && number >= min && number <= max
        ? { value: number }
        : { expected: `a whole number from ${min} to ${max}` };
    },
  );
}

/** A number in a range, fractions allowed. */
export function number({ min, max }: Range) {
  return value<number | string, number>(
    { type: 'number', json: { anyOf: [{ type: 'number', minimum: min, maximum: max }, referenceJson] } },
    input => {
      const number = toNumber(input);
      return number >= min && number <= max
        ? { value: number }
        : { expected: `a number from ${min} to ${max}` };
    },
  );
}

function toNumber(input: unknown): number {
  if (typeof input === 'number') return input;
  return typeof input === 'string' && /^\s*-?\d{1,16}(\.\d{1,16})?\s*$/.test(input)
    ? Number(input)
    : Number.NaN;
}
