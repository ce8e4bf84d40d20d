import type { Commitment } from '../../../chains/solana/commitment.ts';
import type {
  AccountUpdate,
  BlockMetaUpdate,
  SlotUpdate,
  TransactionUpdate,
} from '../../../chains/solana/updates.ts';

/** An error of a transaction in the JSON form of the RPC, for example `{"InstructionError":[0,{"Custom":1}]}`. */
export type TransactionErrorJson = string | { readonly [name: string]: unknown };

/** Addresses of a lookup table that a transaction names. */
export interface TableLookup {
  /** 32 bytes: the table. */
  readonly table: Uint8Array;
  readonly writableIndexes: Uint8Array;
  readonly readonlyIndexes: Uint8Array;
}

/** An account that a transaction wrote. */
export interface AccountWrite extends AccountUpdate {
  readonly rentEpoch: bigint;
}

/** A transaction that the bank executed, whether it succeeded or failed, with all that RPC and Geyser tell of it. */
export interface BankTransaction
  extends Omit<TransactionUpdate, 'index' | 'logs' | 'computeUnits' | 'error'> {
  readonly index: number;
  readonly logs: readonly string[];
  readonly computeUnits: number;
  /** Undefined: it succeeded. */
  readonly error: TransactionErrorJson | undefined;
  /** All signatures, 64 bytes each; the first is the transaction's. */
  readonly signatures: readonly Uint8Array[];
  /** The transaction as it was sent. */
  readonly wire: Uint8Array;
  readonly version: 'legacy' | 0;
  readonly header: {
    readonly requiredSignatures: number;
    readonly readonlySigned: number;
    readonly readonlyUnsigned: number;
  };
  /** 32 bytes. */
  readonly recentBlockhash: Uint8Array;
  /** How many of `accountKeys` stand in the message; those after them are loaded from tables, writable ones first. */
  readonly staticKeys: number;
  readonly loadedWritable: number;
  readonly tableLookups: readonly TableLookup[];
  /** Lamports of each of `accountKeys`. */
  readonly preBalances: readonly bigint[];
  readonly postBalances: readonly bigint[];
  readonly returnData: { readonly program: Uint8Array; readonly data: Uint8Array } | undefined;
  /** Accounts that differ from what they were before, in the order of `accountKeys`; an account that is gone has 0 lamports. */
  readonly writes: readonly AccountWrite[];
}

/** A closed block. */
export interface BankBlock extends Omit<BlockMetaUpdate, 'kind' | 'blockTime' | 'blockHeight'> {
  readonly blockTime: number;
  readonly blockHeight: number;
  readonly transactions: readonly BankTransaction[];
}

/**
 * What the servers in front of a bank are told, synchronously and in this order for each slot: its transactions as they
 * are executed, the block, `processed` of the slot, then `confirmed` and `finalized` of those slots that reach it by
 * it. A fork tells `dead` of each abandoned slot, newest first; the next block's parent is older than they are.
 * A skipped slot is told of by nothing but its absence.
 */
export interface BankListener {
  /** A transaction was executed in the slot that is open. */
  onTransaction?(transaction: BankTransaction): void;
  onBlock?(block: BankBlock): void;
  onSlot?(slot: SlotUpdate): void;
}

/** What a server may ask a bank; `Bank` is one. */
export interface BankHistory {
  /** Base58. */
  readonly genesisHash: string;
  /** The oldest slot whose block is still kept. */
  readonly firstAvailableSlot: number;
  /** The slot that transactions are executed into at the moment. */
  readonly openSlot: number;
  /** The newest closed slot of a commitment; 0 before there is one. */
  slotAt(commitment: Commitment): number;
  /** The block of a slot; undefined when it was skipped, is dead, is not closed yet or is not kept any more. */
  block(slot: number): BankBlock | undefined;
  /** The newest block of a commitment; undefined before there is one. */
  blockAt(commitment: Commitment): BankBlock | undefined;
  isBlockhashValid(blockhash: string, commitment: Commitment): boolean;
  /** Every account at the newest state, by base58 owner when given, for the first updates of account filters. */
  accounts(owner?: string): Iterable<{ readonly pubkey: Uint8Array; readonly lamports: bigint }>;
  /** @returns how to stop listening */
  listen(listener: BankListener): () => void;
}
