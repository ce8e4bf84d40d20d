import { decode } from '../../chains/solana/base58.ts';
import type {
  BlockMetaUpdate,
  CompiledInnerInstruction,
  CompiledInstruction,
  TransactionUpdate,
} from '../../chains/solana/updates.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { sourceErrors } from '../errors.ts';

const voteProgram = 'Vote111111111111111111111111111111111111111';

/**
 * A transaction as `getTransaction` and `getBlock` answer it with `encoding: "json"`, in the form that a Geyser stream
 * has it in.
 *
 * @param index its place in the block, where it is known
 * @throws TrunklineError `backfill_malformed`
 */
export function transactionFromRpc(
  value: unknown,
  slot: number,
  index: number | undefined,
): TransactionUpdate {
  const { transaction, meta } = object(value);
  const { signatures, message } = object(transaction);
  const { accountKeys, instructions } = object(message);
  const { err, fee, innerInstructions, logMessages, loadedAddresses, computeUnitsConsumed } = object(meta);
  const loaded = loadedAddresses === undefined || loadedAddresses === null ? {} : object(loadedAddresses);
  const keys = [...list(accountKeys), ...list(loaded.writable), ...list(loaded.readonly)];
  const compiled = list(instructions).map(instruction);
  const first = compiled[0];
  return {
    kind: 'transaction',
    slot,
    index,
    signature: bytes(list(signatures)[0]),
    isVote: compiled.length === 1 && first !== undefined && keys[first.programIndex] === voteProgram,
    isFailed: err !== null && err !== undefined,
    error: err === null || err === undefined ? undefined : Buffer.from(JSON.stringify(err)),
    accountKeys: keys.map(bytes),
    instructions: compiled,
    inner: list(innerInstructions).map(group => {
      const { index: below, instructions: inner } = object(group);
      return { index: number(below), instructions: list(inner).map(innerInstruction) };
    }),
    logs: logMessages === null || logMessages === undefined ? undefined : list(logMessages).map(text),
    fee: number(fee),
    computeUnits: typeof computeUnitsConsumed === 'number' ? computeUnitsConsumed : undefined,
  };
}

/**
 * What `getBlock` says of a block itself.
 * @throws TrunklineError `backfill_malformed`
 */
export function blockMetaFromRpc(block: unknown, slot: number): Omit<BlockMetaUpdate, 'kind'> {
  const { blockhash, previousBlockhash, parentSlot, blockTime, blockHeight, transactions } = object(block);
  return {
    slot,
    blockhash: text(blockhash),
    parentSlot: number(parentSlot),
    parentBlockhash: text(previousBlockhash),
    blockTime: typeof blockTime === 'number' ? blockTime : undefined,
    blockHeight: typeof blockHeight === 'number' ? blockHeight : undefined,
    transactionCount: list(transactions).length,
  };
}

/**
 * The transactions of an answer of `getBlock`, in order.
 * @throws TrunklineError `backfill_malformed`
 */
export function blockTransactionsFromRpc(block: unknown, slot: number): readonly TransactionUpdate[] {
  return list(object(block).transactions).map((value, index) => transactionFromRpc(value, slot, index));
}

function instruction(value: unknown): CompiledInstruction {
  const { programIdIndex, accounts, data } = object(value);
  return { programIndex: number(programIdIndex), accounts: indexes(accounts), data: bytes(data) };
}

function innerInstruction(value: unknown): CompiledInnerInstruction {
  const { stackHeight } = object(value);
  return { ...instruction(value), stackHeight: typeof stackHeight === 'number' ? stackHeight : undefined };
}

function indexes(value: unknown): Uint8Array {
  return Uint8Array.from(list(value), number);
}

function bytes(value: unknown): Uint8Array {
  const decoded = decode(text(value));
  if (decoded === undefined) throw malformed('base58');
  return decoded;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('an object');
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed('an array');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed('a string');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw malformed('a number');
  return value;
}

function malformed(wanted: string): TrunklineError {
  return new TrunklineError(sourceErrors, 'backfill_malformed', `a transaction or block lacks ${wanted}`);
}
