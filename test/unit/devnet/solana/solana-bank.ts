import { type Keypair, SystemProgram, TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import { Bank } from '../../../../src/devnet/solana/bank/bank.ts';
import type { BankOptions } from '../../../../src/devnet/solana/bank/bank-options.ts';
import {
  type DecodedTransaction,
  decodeTransaction,
} from '../../../../src/devnet/solana/bank/decode-transaction.ts';
import { devnetKeypair } from '../../../../src/devnet/solana/well-known.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

export const [alice, bob] = [devnetKeypair(0), devnetKeypair(1)];

/** A bank whose slots are closed by hand, and what it has told of slots. */
export function makeBank(options: Partial<BankOptions> = {}) {
  const bank = new Bank({ chain: 'x', ...options }, { clock: new ManualClock(), log: silentLog });
  const told: string[] = [];
  bank.listen({ onSlot: ({ slot, status, parent }) => told.push(`${slot} ${status} ${parent}`) });
  return { bank, told };
}

/** A signed transfer from alice to bob. */
export function transfer(
  bank: Bank,
  lamports: number,
  {
    from = alice,
    blockhash = bank.blockAt('processed').blockhash,
  }: { from?: Keypair; blockhash?: string } = {},
): DecodedTransaction {
  const message = new TransactionMessage({
    payerKey: from.publicKey,
    recentBlockhash: blockhash,
    instructions: [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: bob.publicKey, lamports })],
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([from]);
  return decodeTransaction(transaction.serialize()) as DecodedTransaction;
}

export function balanceOf(bank: Bank, keypair: Keypair, slot?: number): bigint {
  return bank.account(keypair.publicKey.toBase58(), slot)?.lamports ?? 0n;
}
