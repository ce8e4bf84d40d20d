import { encode } from '../../../chains/solana/base58.ts';
import type { TransactionsFilter } from '../../../protocol/geyser/geyser-messages.ts';
import type { BankTransaction } from '../bank/bank-events.ts';
import { checkKeys, invalidFilter } from './filter-limits.ts';

/** Whether a filter wants a transaction; `names`: the base58 keys of all its accounts. */
export type TransactionTest = (transaction: BankTransaction, names: ReadonlySet<string>) => boolean;

/** @throws InvalidFilter */
export function transactionTest(filter: TransactionsFilter): TransactionTest {
  const { vote, failed, signature, accountInclude, accountExclude, accountRequired } = filter;
  checkKeys(accountInclude);
  checkKeys(accountExclude);
  checkKeys(accountRequired);
  if (signature && !/^[1-9A-HJ-NP-Za-km-z]{64,88}$/.test(signature))
    throw invalidFilter(`"${signature}" is no signature`);
  return (transaction, names) =>
    (vote ?? transaction.isVote) === transaction.isVote &&
    (failed ?? transaction.isFailed) === transaction.isFailed &&
    (!signature || encode(transaction.signature) === signature) &&
    (accountInclude.length === 0 || accountInclude.some(key => names.has(key))) &&
    !accountExclude.some(key => names.has(key)) &&
    accountRequired.every(key => names.has(key));
}
