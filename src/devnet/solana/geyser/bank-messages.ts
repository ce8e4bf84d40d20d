import type { SlotUpdate } from '../../../chains/solana/updates.ts';
import {
  type AccountInfo,
  type BlockMetaMessage,
  type SlotMessage,
  type TransactionInfo,
  type TransactionStatusMessage,
  type WireSlotStatus,
  type Written,
  wireSlotStatus,
} from '../../../protocol/geyser/geyser-messages.ts';
import type { AccountWrite, BankBlock, BankTransaction } from '../bank/bank-events.ts';
import { wireError } from './wire-error.ts';

/** A transaction of the bank as Geyser tells it. */
export function transactionInfo(transaction: BankTransaction): Written<TransactionInfo> {
  const { header, tableLookups, accountKeys, staticKeys, loadedWritable } = transaction;
  const loaded = accountKeys.slice(staticKeys);
  const { error, returnData } = transaction;
  return {
    signature: transaction.signature,
    isVote: transaction.isVote,
    index: transaction.index,
    transaction: {
      signatures: transaction.signatures,
      message: {
        header: {
          numRequiredSignatures: header.requiredSignatures,
          numReadonlySignedAccounts: header.readonlySigned,
          numReadonlyUnsignedAccounts: header.readonlyUnsigned,
        },
        accountKeys: accountKeys.slice(0, staticKeys),
        recentBlockhash: transaction.recentBlockhash,
        instructions: transaction.instructions.map(({ programIndex, accounts, data }) => ({
          programIdIndex: programIndex,
          accounts,
          data,
        })),
        versioned: transaction.version !== 'legacy',
        addressTableLookups: tableLookups.map(({ table, writableIndexes, readonlyIndexes }) => ({
          accountKey: table,
          writableIndexes,
          readonlyIndexes,
        })),
      },
    },
    meta: {
      err: error === undefined ? undefined : { err: wireError(error) },
      fee: transaction.fee,
      preBalances: transaction.preBalances,
      postBalances: transaction.postBalances,
      innerInstructions: transaction.inner.map(({ index, instructions }) => ({
        index,
        instructions: instructions.map(({ programIndex, accounts, data, stackHeight }) => ({
          programIdIndex: programIndex,
          accounts,
          data,
          stackHeight,
        })),
      })),
      logMessages: transaction.logs,
      loadedWritableAddresses: loaded.slice(0, loadedWritable),
      loadedReadonlyAddresses: loaded.slice(loadedWritable),
      returnData:
        returnData === undefined ? undefined : { programId: returnData.program, data: returnData.data },
      returnDataNone: returnData === undefined,
      computeUnitsConsumed: transaction.computeUnits,
    },
  };
}

export function transactionStatus(transaction: BankTransaction): Written<TransactionStatusMessage> {
  const { slot, signature, isVote, index, error } = transaction;
  return { slot, signature, isVote, index, err: error === undefined ? undefined : { err: wireError(error) } };
}

/** An account that was written; `data` in place of its own where a part of it was asked for. */
export function accountInfo(write: AccountWrite, data: Uint8Array = write.data): Written<AccountInfo> {
  return {
    pubkey: write.pubkey,
    lamports: write.lamports,
    owner: write.owner,
    executable: write.isExecutable,
    rentEpoch: write.rentEpoch,
    data,
    writeVersion: write.writeVersion,
    txnSignature: write.signature,
  };
}

/** A block without what is in it; there are no rewards and no entries on an embedded chain. */
export function blockMeta(block: BankBlock): Written<BlockMetaMessage> {
  return {
    slot: block.slot,
    blockhash: block.blockhash,
    blockTime: { timestamp: block.blockTime },
    blockHeight: { blockHeight: block.blockHeight },
    parentSlot: block.parentSlot,
    parentBlockhash: block.parentBlockhash,
    executedTransactionCount: block.transactionCount,
    entriesCount: 0,
  };
}

export function slotMessage(
  update: SlotUpdate,
  status: WireSlotStatus = wireSlotStatus[update.status],
): Written<SlotMessage> {
  const deadError = update.status === 'dead' ? 'abandoned by a fork' : undefined;
  return { slot: update.slot, parent: update.parent, status, deadError };
}
