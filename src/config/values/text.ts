import { type Expectation, value } from './value.ts';

interface TextOptions extends Expectation {
  /** What the whole string has to match. @default any string without control characters */
  readonly pattern?: RegExp;
  /** Longest allowed, in characters. @default 4096 */
  readonly maxLength?: number;
}

const controlCharacter = /\p{Cc}/u;

/** A string in one line. */
export function text({ pattern, maxLength = 4096, ...expectation }: TextOptions) {
  const json = { type: 'string', maxLength, ...(pattern === undefined ? {} : { pattern: pattern.source }) };
  return value<string, string>({ type: 'string', json }, input => {
    if (typeof input === 'number' || typeof input === 'boolean') {
      return { expected: expectation.expected, hint: 'put the value in quotes to make it a string' };
    }
    if (typeof input !== 'string' || input.length > maxLength || controlCharacter.test(input))
      return expectation;
    return pattern === undefined || pattern.test(input) ? { value: input } : expectation;
  });
}
