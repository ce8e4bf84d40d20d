import { value } from './value.ts';

/** A text, a number or a boolean, as it is written. */
export function scalar() {
  return value<string | number | boolean, string | number | boolean>(
    { type: 'string \\| number \\| boolean', json: { type: ['string', 'number', 'boolean'] } },
    input =>
      typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean'
        ? { value: input }
        : { expected: 'a text, a number, true or false' },
  );
}
