import type { Commitment } from './commitment.ts';

/**
 * What happened on a Solana chain, in one form whatever it was learnt from: the gRPC stream of a Geyser plugin, log
 * subscriptions, or calls. Keys, hashes and signatures are bytes: they are turned into base58 only where a person or a
 * client reads them.
 */
export type SolanaUpdate = SlotUpdate | BlockMetaUpdate | BlockUpdate | TransactionUpdate | AccountUpdate;

/** A slot reached a commitment, or was abandoned (`dead`). */
export interface SlotUpdate {
  readonly kind: 'slot';
  readonly slot: number;
  /** Undefined where the source does not say. */
  readonly parent: number | undefined;
  readonly status: Commitment | 'dead';
}

/** A block without its transactions. */
export interface BlockMetaUpdate {
  readonly kind: 'block_meta';
  readonly slot: number;
  /** Base58. */
  readonly blockhash: string;
  readonly parentSlot: number;
  readonly parentBlockhash: string;
  /** Seconds since the Unix epoch. */
  readonly blockTime: number | undefined;
  readonly blockHeight: number | undefined;
  /** Transactions of the block, votes included. */
  readonly transactionCount: number;
}

/** A block with those of its transactions that were asked for. */
export interface BlockUpdate extends Omit<BlockMetaUpdate, 'kind'> {
  readonly kind: 'block';
  readonly transactions: readonly TransactionUpdate[];
}

/** An instruction as a message holds it: indexes into the transaction's account keys. */
export interface CompiledInstruction {
  readonly programIndex: number;
  /** One byte an account. */
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
}

/** One that a program invoked. */
export interface CompiledInnerInstruction extends CompiledInstruction {
  /** 2: invoked by an instruction of the message; undefined where the source does not say. */
  readonly stackHeight: number | undefined;
}

/** A transaction that was executed, with what came of it. */
export interface TransactionUpdate {
  readonly kind: 'transaction';
  readonly slot: number;
  /** Its place in the block; undefined where the source does not say. */
  readonly index: number | undefined;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly isVote: boolean;
  /** Whether it failed; what it logged and paid remains. */
  readonly isFailed: boolean;
  /** Why it failed, as JSON or in the source's own encoding; undefined: it did not, or the source does not say. */
  readonly error: Uint8Array | undefined;
  /** Those of the message, then the loaded writable ones, then the loaded read-only ones; 32 bytes each. */
  readonly accountKeys: readonly Uint8Array[];
  readonly instructions: readonly CompiledInstruction[];
  /** Depth first, in the order of execution; `index`: of the instruction of the message that they are below. */
  readonly inner: readonly {
    readonly index: number;
    readonly instructions: readonly CompiledInnerInstruction[];
  }[];
  /** Undefined: the source has none. Cut at 10 kB by the runtime: then the last is `Log truncated`. */
  readonly logs: readonly string[] | undefined;
  /** Lamports. */
  readonly fee: number;
  readonly computeUnits: number | undefined;
}

/** An account was written. */
export interface AccountUpdate {
  readonly kind: 'account';
  readonly slot: number;
  /** 32 bytes. */
  readonly pubkey: Uint8Array;
  readonly owner: Uint8Array;
  readonly lamports: bigint;
  readonly data: Uint8Array;
  readonly isExecutable: boolean;
  /** Grows with each write of any account; 0 where the source does not say. */
  readonly writeVersion: bigint;
  /** The transaction that wrote it; undefined where the source does not say. */
  readonly signature: Uint8Array | undefined;
}
