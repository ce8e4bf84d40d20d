import type {
  BlockMetaUpdate,
  BlockUpdate,
  SlotUpdate,
  SolanaUpdate,
  TransactionUpdate,
} from '../../chains/solana/updates.ts';
import { toSafeNumber } from '../../protocol/geyser/geyser-codec.ts';
import {
  type AccountMessage,
  type BlockMessage,
  type BlockMetaMessage,
  type SlotMessage,
  type SubscribeUpdate,
  type TransactionInfo,
  wireSlotStatus,
} from '../../protocol/geyser/geyser-messages.ts';

/**
 * What a message of a Geyser stream tells; undefined: nothing that is of use, such as a ping or the first shred of a
 * slot. Bytes are views of the message's.
 *
 * @throws TrunklineError `geyser_message_malformed` for a slot or an index beyond 2^53 - 1
 */
export function toUpdate(message: SubscribeUpdate): SolanaUpdate | undefined {
  const { transaction, account, slot, blockMeta, block } = message;
  if (transaction) return transactionOf(toSafeNumber(transaction.slot), transaction.transaction);
  if (account) return accountOf(account);
  if (slot) return slotOf(slot);
  if (blockMeta) return { kind: 'block_meta', ...metaOf(blockMeta) };
  if (block) return blockOf(block);
  return undefined;
}

function slotOf({ slot, parent, status }: SlotMessage): SlotUpdate | undefined {
  const name = statusNames.get(status);
  if (name === undefined) return undefined;
  return { kind: 'slot', slot: toSafeNumber(slot), parent: optional(parent), status: name };
}

const statusNames: ReadonlyMap<number, SlotUpdate['status']> = new Map([
  [wireSlotStatus.processed, 'processed'],
  [wireSlotStatus.confirmed, 'confirmed'],
  [wireSlotStatus.finalized, 'finalized'],
  [wireSlotStatus.dead, 'dead'],
]);

function accountOf({ account, slot }: AccountMessage): SolanaUpdate | undefined {
  if (!account) return undefined;
  const { pubkey, owner, lamports, data, executable, writeVersion, txnSignature } = account;
  return {
    kind: 'account',
    slot: toSafeNumber(slot),
    pubkey,
    owner,
    lamports: BigInt(lamports),
    data,
    isExecutable: executable,
    writeVersion: BigInt(writeVersion),
    signature: txnSignature && txnSignature.length > 0 ? txnSignature : undefined,
  };
}

function metaOf(message: BlockMetaMessage | BlockMessage): Omit<BlockMetaUpdate, 'kind'> {
  const { slot, blockhash, parentSlot, parentBlockhash, blockTime, blockHeight } = message;
  return {
    slot: toSafeNumber(slot),
    blockhash,
    parentSlot: toSafeNumber(parentSlot),
    parentBlockhash,
    blockTime: optional(blockTime?.timestamp),
    blockHeight: optional(blockHeight?.blockHeight),
    transactionCount: toSafeNumber(message.executedTransactionCount),
  };
}

function blockOf(message: BlockMessage): BlockUpdate {
  const meta = metaOf(message);
  const transactions: TransactionUpdate[] = [];
  for (const info of message.transactions) {
    const transaction = transactionOf(meta.slot, info);
    if (transaction !== undefined) transactions.push(transaction);
  }
  return { kind: 'block', ...meta, transactions };
}

function transactionOf(
  slot: number,
  info: TransactionInfo | null | undefined,
): TransactionUpdate | undefined {
  const body = info?.transaction?.message;
  if (!info || !body) return undefined;
  const { meta } = info;
  return {
    kind: 'transaction',
    slot,
    index: toSafeNumber(info.index),
    signature: info.signature,
    isVote: info.isVote,
    isFailed: Boolean(meta?.err),
    error: meta?.err?.err,
    accountKeys: meta
      ? [...body.accountKeys, ...meta.loadedWritableAddresses, ...meta.loadedReadonlyAddresses]
      : body.accountKeys,
    instructions: body.instructions.map(({ programIdIndex, accounts, data }) => ({
      programIndex: programIdIndex,
      accounts,
      data,
    })),
    inner: (meta?.innerInstructions ?? []).map(({ index, instructions }) => ({
      index,
      instructions: instructions.map(({ programIdIndex, accounts, data, stackHeight }) => ({
        programIndex: programIdIndex,
        accounts,
        data,
        stackHeight: stackHeight ?? undefined,
      })),
    })),
    logs: !meta || meta.logMessagesNone ? undefined : meta.logMessages,
    fee: Number(meta?.fee ?? 0),
    computeUnits: optional(meta?.computeUnitsConsumed),
  };
}

function optional(value: number | bigint | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : toSafeNumber(value);
}
