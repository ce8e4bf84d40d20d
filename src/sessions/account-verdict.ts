import { SystemProgram } from '@solana/web3.js';
import type { ChainAccount } from './session-chain.ts';
import type { CreationOrder } from './session-record.ts';

/**
 * How an address is, beside the account that is wanted there. `absent`: nobody has used it; `funded`: somebody sent lamports
 * there; `matches`; `used`: all as wanted, but its first bytes are not zero; `differs`: another account is there.
 */
export type AccountVerdict =
  | { readonly kind: 'absent' | 'funded' | 'matches' }
  | { readonly kind: 'used' | 'differs'; readonly reason: string };

const systemProgram = SystemProgram.programId.toBase58();

/** Judges what is at the address of an order. */
export function judgeAccount(account: ChainAccount | undefined, order: CreationOrder): AccountVerdict {
  if (account === undefined) return { kind: 'absent' };
  const { owner, size, head } = account;
  const isEmpty = owner === systemProgram && size === 0;
  if (isEmpty && (order.accountOwner !== systemProgram || order.size > 0n)) return { kind: 'funded' };
  if (owner !== order.accountOwner)
    return { kind: 'differs', reason: `its owner is ${owner}, ${order.accountOwner} is wanted` };
  if (BigInt(size) !== order.size)
    return { kind: 'differs', reason: `it has ${size} bytes, ${order.size} are wanted` };
  if (head.some(byte => byte !== 0)) return { kind: 'used', reason: 'its first 8 bytes are not zero' };
  return { kind: 'matches' };
}
