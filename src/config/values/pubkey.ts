import { value } from './value.ts';

const base58 = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** A Solana key: 32 bytes in base58. */
export function pubkey() {
  const expected = 'a Solana key: 32 to 44 characters of base58';
  const hintFor = (input: unknown) =>
    typeof input === 'number' || typeof input === 'bigint'
      ? 'quote it: without quotes, digits alone are a number'
      : 'base58 has no 0, O, I and l';
  return value<string, string>(
    { type: 'key', json: { type: 'string', pattern: `(${base58.source})|^\\$\\{` } },
    input =>
      typeof input === 'string' && base58.test(input) ? { value: input } : { expected, hint: hintFor(input) },
  );
}
