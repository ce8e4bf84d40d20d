import { commitments } from '../../../../chains/solana/commitment.ts';
import { maxProcessingAge } from '../../bank/recent-blockhashes.ts';
import { devnetIdentity } from '../../well-known.ts';
import {
  apiVersion,
  configAt,
  integerOf,
  type RpcContext,
  type RpcMethod,
  settledCommitment,
  textOf,
  withContext,
} from '../params.ts';
import { invalidParams } from '../rpc-error.ts';

/** Slots of an epoch, as on Solana's own clusters. */
const slotsInEpoch = 432_000;
/** Blocks of which `getRecentPrioritizationFees` tells. */
const feeBlocks = 150;

/** Methods about the chain as a whole. */
export const chainMethods: Readonly<Record<string, RpcMethod>> = {
  getHealth: () => 'ok',
  getVersion: () => ({ 'solana-core': apiVersion, 'feature-set': 0 }),
  getGenesisHash: ({ view }) => view.bank.genesisHash,
  getIdentity: () => ({ identity: devnetIdentity }),
  getSlot: (context, params) => settled(context, params).slot,
  getBlockHeight: (context, params) => settled(context, params).blockHeight,
  getTransactionCount: (context, params) => {
    const { slot } = settled(context, params);
    return context.view.bank.transactionCount(slot);
  },
  getLatestBlockhash: (context, params) => {
    const commitment = settledCommitment(context, configAt(params, 0));
    const { blockhash, blockHeight } = context.view.blockAt(commitment);
    return withContext(context, commitment, {
      blockhash,
      lastValidBlockHeight: blockHeight + maxProcessingAge,
    });
  },
  isBlockhashValid: (context, params) => {
    const blockhash = textOf(params[0]);
    const commitment = settledCommitment(context, configAt(params, 1));
    return withContext(context, commitment, context.view.bank.isBlockhashValid(blockhash, commitment));
  },
  getEpochInfo: (context, params) => {
    const { slot, blockHeight } = settled(context, params);
    return {
      epoch: Math.floor(slot / slotsInEpoch),
      slotIndex: slot % slotsInEpoch,
      slotsInEpoch,
      absoluteSlot: slot,
      blockHeight,
      transactionCount: context.view.bank.transactionCount(slot),
    };
  },
  getEpochSchedule: () => ({
    slotsPerEpoch: slotsInEpoch,
    leaderScheduleSlotOffset: slotsInEpoch,
    warmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  }),
  getSlotLeader: (context, params) => {
    settled(context, params);
    return devnetIdentity;
  },
  getSlotLeaders: (_context, params) => {
    integerOf(params[0], 'start slot');
    const count = integerOf(params[1], 'limit');
    if (count < 1 || count > 5_000) throw invalidParams('Invalid limit; max 5000');
    return Array.from({ length: count }, () => devnetIdentity);
  },
  getFirstAvailableBlock: ({ view }) => view.bank.firstAvailableSlot,
  minimumLedgerSlot: ({ view }) => view.bank.firstAvailableSlot,
  getSupply: (context, params) => {
    const commitment = settledCommitment(context, configAt(params, 0));
    let total = 0n;
    for (const name of context.view.bank.candidates())
      total += context.view.account(name, commitment)?.lamports ?? 0n;
    return withContext(context, commitment, {
      total,
      circulating: total,
      nonCirculating: 0,
      nonCirculatingAccounts: [],
    });
  },
  getRecentPrioritizationFees: ({ view }) =>
    view.bank.ledger.history.blocks
      .filter(({ slot }) => slot <= view.slotAt('processed'))
      .slice(-feeBlocks)
      .map(({ slot }) => ({ slot, prioritizationFee: 0 })),
  getMaxRetransmitSlot: ({ view }) => view.slotAt('processed'),
  getMaxShredInsertSlot: ({ view }) => view.slotAt('processed'),
  getHighestSnapshotSlot: ({ view }) => ({ full: view.slotAt(commitments[2]), incremental: null }),
};

function settled(context: RpcContext, params: readonly unknown[]) {
  return context.view.blockAt(settledCommitment(context, configAt(params, 0)));
}
