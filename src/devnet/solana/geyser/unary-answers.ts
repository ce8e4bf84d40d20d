import { type Commitment, commitments } from '../../../chains/solana/commitment.ts';
import type { geyserMethods } from '../../../protocol/geyser/geyser-codec.ts';
import type { WireCommitment } from '../../../protocol/geyser/geyser-messages.ts';
import type { BankHistory } from '../bank/bank-events.ts';
import type { SlotJournal } from './slot-journal.ts';

/** Blocks for which a blockhash is valid. */
const blockhashLifetime = 150;

type Methods = typeof geyserMethods;

/** What answers each method that has one answer. */
export type UnaryAnswers = {
  readonly [Name in Exclude<keyof Methods, 'subscribe'>]: (
    request: ReturnType<Methods[Name]['requestDeserialize']>,
  ) => Parameters<Methods[Name]['responseSerialize']>[0];
};

export function unaryAnswers(bank: BankHistory, journal: SlotJournal): UnaryAnswers {
  const blockAt = (commitment: Commitment) => {
    const block = bank.blockAt(commitment);
    if (block === undefined) throw new Error('block is not available yet');
    return block;
  };
  return {
    subscribeReplayInfo: () => ({ firstAvailable: journal.firstAvailable }),
    ping: ({ count }) => ({ count }),
    getLatestBlockhash: ({ commitment }) => {
      const { slot, blockhash, blockHeight } = blockAt(of(commitment));
      return { slot, blockhash, lastValidBlockHeight: blockHeight + blockhashLifetime };
    },
    getBlockHeight: ({ commitment }) => ({ blockHeight: blockAt(of(commitment)).blockHeight }),
    getSlot: ({ commitment }) => ({ slot: blockAt(of(commitment)).slot }),
    isBlockhashValid: ({ blockhash, commitment }) => ({
      slot: blockAt(of(commitment)).slot,
      valid: bank.isBlockhashValid(blockhash, of(commitment)),
    }),
    getVersion: () => ({ version: JSON.stringify({ version: { package: 'trunkline-devnet' } }) }),
  };
}

function of(commitment: WireCommitment | null | undefined): Commitment {
  return commitments[commitment ?? 0] ?? 'processed';
}
