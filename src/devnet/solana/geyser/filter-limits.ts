import { decode } from '../../../chains/solana/base58.ts';

/** What one request may hold; providers have limits of their own, of this order. */
export const filterLimits = {
  /** Characters of a filter's name. */
  name: 128,
  /** Filters of one kind. */
  filters: 100,
  /** Keys in one list. */
  keys: 10_000,
  /** Slices of account data. */
  slices: 16,
  /** Conditions on an account's data in one filter. */
  conditions: 4,
  /** Bytes of a comparison. */
  memcmpBytes: 128,
} as const;

/** A request that the server refuses, in words for the client. */
export class InvalidFilter extends Error {}

export function invalidFilter(message: string): InvalidFilter {
  return new InvalidFilter(`failed to create filter: ${message}`);
}

/** @throws InvalidFilter */
export function checkMaximum(count: number, maximum: number, what: string): void {
  if (count > maximum) throw invalidFilter(`${count} ${what}, at most ${maximum} are allowed`);
}

/** @throws InvalidFilter */
export function checkKeys(keys: readonly string[]): void {
  checkMaximum(keys.length, filterLimits.keys, 'accounts in a filter');
  for (const key of keys) {
    if (decode(key)?.length !== 32) throw invalidFilter(`"${key.slice(0, 64)}" is no key of an account`);
  }
}

/** @throws InvalidFilter */
export function checkNames(names: readonly string[]): void {
  checkMaximum(names.length, filterLimits.filters, 'filters of one kind');
  for (const name of names) {
    if (name.length > filterLimits.name) {
      throw invalidFilter(`a name of ${name.length} characters, at most ${filterLimits.name} are allowed`);
    }
  }
}
