import { decode } from '../chains/solana/base58.ts';
import type { AccountUpdate, SolanaUpdate, TransactionUpdate } from '../chains/solana/updates.ts';
import type { UpdateFilter } from './update-filter.ts';

/** Whether a filter passes an update, as a Geyser server decides it. */
export function matches(filter: UpdateFilter, update: SolanaUpdate): boolean {
  const { kind } = filter;
  if (update.kind === 'transaction') {
    return (kind === 'transaction' || kind === 'instruction') && passesTransaction(filter, update);
  }
  if (update.kind === 'account') return kind === 'account' && passesAccount(filter, update);
  return kind === update.kind;
}

function passesTransaction(filter: UpdateFilter, update: TransactionUpdate): boolean {
  if (update.isFailed && !filter.failed) return false;
  if (update.isVote && !filter.votes) return false;
  const { programs, accounts, required, excluded } = filter;
  const isNamed = (key: string) => names(update, key);
  if (excluded.some(isNamed)) return false;
  if (!required.every(isNamed)) return false;
  return (programs.length === 0 && accounts.length === 0) || programs.some(isNamed) || accounts.some(isNamed);
}

function passesAccount(filter: UpdateFilter, { pubkey, owner, data }: AccountUpdate): boolean {
  const { accounts, owners, memcmp, dataSize } = filter;
  if (accounts.length > 0 && !accounts.some(key => equals(pubkey, key))) return false;
  if (owners.length > 0 && !owners.some(key => equals(owner, key))) return false;
  if (dataSize !== undefined && data.length !== dataSize) return false;
  return memcmp.every(({ offset, bytes }) => {
    const wanted = decode(bytes);
    return wanted !== undefined && equalBytes(data.subarray(offset, offset + wanted.length), wanted);
  });
}

function names({ accountKeys }: TransactionUpdate, key: string): boolean {
  const bytes = decode(key);
  return bytes !== undefined && accountKeys.some(named => equalBytes(named, bytes));
}

function equals(bytes: Uint8Array, key: string): boolean {
  const wanted = decode(key);
  return wanted !== undefined && equalBytes(bytes, wanted);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
