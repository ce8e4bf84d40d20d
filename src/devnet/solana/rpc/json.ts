import { parseLossless } from '../../lossless-json.ts';

/** JSON in which 64-bit numbers stand with all their digits. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'bigint' ? parseLossless(each.toString()) : each,
  );
}
