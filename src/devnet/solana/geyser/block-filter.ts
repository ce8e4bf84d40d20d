import { encode } from '../../../chains/solana/base58.ts';
import type { BlocksFilter } from '../../../protocol/geyser/geyser-messages.ts';
import type { AccountWrite, BankBlock, BankTransaction } from '../bank/bank-events.ts';
import { checkKeys, invalidFilter } from './filter-limits.ts';

/** The parts of a block that a filter wants. */
export type BlockTest = (block: BankBlock) => {
  readonly transactions: readonly BankTransaction[];
  readonly accounts: readonly AccountWrite[];
  /** Writes in the whole block. */
  readonly updatedAccounts: number;
};

/** @throws InvalidFilter */
export function blockTest(filter: BlocksFilter): BlockTest {
  checkKeys(filter.accountInclude);
  if (filter.includeEntries) throw invalidFilter('this chain has no entries');
  const keys = new Set(filter.accountInclude);
  const names = (key: Uint8Array) => keys.size === 0 || keys.has(encode(key));
  const { includeTransactions, includeAccounts } = filter;
  return ({ transactions }) => {
    const writes = transactions.flatMap(each => each.writes);
    return {
      transactions:
        (includeTransactions ?? true) ? transactions.filter(each => each.accountKeys.some(names)) : [],
      accounts: includeAccounts ? writes.filter(({ pubkey }) => names(pubkey)) : [],
      updatedAccounts: writes.length,
    };
  };
}
