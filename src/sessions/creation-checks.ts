import { SystemProgram } from '@solana/web3.js';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { seedAddress, seedOf } from './seed-address.ts';
import type { SessionRecord } from './session-record.ts';

/** 32 zero bytes, which are the system program's address too. */
const defaultKey = SystemProgram.programId.toBase58();

/** Why no account must be created for this event, whatever the chain says; undefined: one may be. */
export function creationRefusal(
  config: Pick<SessionsConfig, 'method' | 'seed' | 'max_account_size'>,
  payer: string,
  { address, order, sessionId }: SessionRecord,
): string | undefined {
  if (order === undefined || address === undefined || address === defaultKey)
    return 'expected_pda is the default key: the address was never computed';
  if (order.size > BigInt(config.max_account_size))
    return `expected_size is ${order.size}: max_account_size allows ${config.max_account_size} bytes`;
  if (config.method !== 'seed') return undefined;
  const seed = seedOf(config.seed, sessionId);
  const derived = seedAddress(payer, seed, order.accountOwner);
  if (derived === address) return undefined;
  return `expected_pda is not the address that ${payer} derives with the seed ${JSON.stringify(seed)} for the owner ${order.accountOwner}, which is ${derived}: no signature of this service can create it`;
}
