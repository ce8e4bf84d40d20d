import { VersionedTransaction } from '@solana/web3.js';
import type { CompiledInstruction } from '../../../chains/solana/updates.ts';
import type { TableLookup } from './bank-events.ts';

/** A transaction as a client sent it, taken apart. */
export interface DecodedTransaction {
  readonly transaction: VersionedTransaction;
  readonly wire: Uint8Array;
  readonly version: 'legacy' | 0;
  readonly signatures: readonly Uint8Array[];
  readonly header: {
    readonly requiredSignatures: number;
    readonly readonlySigned: number;
    readonly readonlyUnsigned: number;
  };
  /** 32 bytes each. */
  readonly staticKeys: readonly Uint8Array[];
  /** Base58. */
  readonly recentBlockhash: string;
  readonly instructions: readonly CompiledInstruction[];
  readonly tableLookups: readonly TableLookup[];
}

/** The longest transaction that Solana's network carries. */
export const maxWireBytes = 1_232;

/** Returns a transaction taken apart, or why it is none. */
export function decodeTransaction(wire: Uint8Array): DecodedTransaction | string {
  if (wire.length > maxWireBytes)
    return `decoded solana_transaction::versioned::VersionedTransaction too large: ${wire.length} bytes (max: ${maxWireBytes} bytes)`;
  try {
    const transaction = VersionedTransaction.deserialize(wire);
    const { message, signatures } = transaction;
    const { version } = message;
    if (version !== 'legacy' && version !== 0) return `unsupported transaction version ${version}`;
    const again = transaction.serialize();
    if (Buffer.compare(again, wire) !== 0)
      return 'failed to deserialize solana_transaction: it is not canonical';
    const staticKeys = message.staticAccountKeys.map(key => key.toBytes());
    const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = message.header;
    if (
      signatures.length !== numRequiredSignatures ||
      signatures.length === 0 ||
      staticKeys.length < signatures.length
    )
      return 'invalid transaction: Transaction failed to sanitize accounts offsets correctly';
    const tableLookups = message.addressTableLookups.map(lookup => ({
      table: lookup.accountKey.toBytes(),
      writableIndexes: Uint8Array.from(lookup.writableIndexes),
      readonlyIndexes: Uint8Array.from(lookup.readonlyIndexes),
    }));
    const loaded = tableLookups.reduce(
      (sum, { writableIndexes, readonlyIndexes }) => sum + writableIndexes.length + readonlyIndexes.length,
      0,
    );
    const instructions = message.compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) => ({
      programIndex: programIdIndex,
      accounts: Uint8Array.from(accountKeyIndexes),
      data,
    }));
    const isInRange = (index: number) => index < staticKeys.length + loaded;
    if (
      !instructions.every(
        ({ programIndex, accounts }) => programIndex < staticKeys.length && accounts.every(isInRange),
      )
    )
      return 'invalid transaction: Transaction failed to sanitize accounts offsets correctly';
    return {
      transaction,
      wire,
      version,
      signatures,
      header: {
        requiredSignatures: numRequiredSignatures,
        readonlySigned: numReadonlySignedAccounts,
        readonlyUnsigned: numReadonlyUnsignedAccounts,
      },
      staticKeys,
      recentBlockhash: message.recentBlockhash,
      instructions,
      tableLookups,
    };
  } catch (error) {
    return `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${(error as Error).message}`;
  }
}

/** Whether the key at `index` of all keys, loaded ones included, may be written. */
export function isWritable(decoded: DecodedTransaction, index: number, loadedWritable: number): boolean {
  const { header, staticKeys } = decoded;
  if (index >= staticKeys.length) return index < staticKeys.length + loadedWritable;
  if (index < header.requiredSignatures) return index < header.requiredSignatures - header.readonlySigned;
  return index < staticKeys.length - header.readonlyUnsigned;
}
