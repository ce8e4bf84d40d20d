import type { Uint64 } from './geyser-messages.ts';

/** The messages of `solana-storage.proto` that are inside those of Geyser; read with defaults in place of what is left out. */
export interface TransactionMessage {
  /** 64 bytes each; the first is the transaction's name. */
  readonly signatures: readonly Uint8Array[];
  readonly message?: MessageBody | null | undefined;
}

export interface MessageBody {
  readonly header?: MessageHeader | null | undefined;
  /** 32 bytes each. */
  readonly accountKeys: readonly Uint8Array[];
  readonly recentBlockhash: Uint8Array;
  readonly instructions: readonly WireInstruction[];
  readonly versioned: boolean;
  readonly addressTableLookups: readonly AddressTableLookup[];
}

export interface MessageHeader {
  readonly numRequiredSignatures: number;
  readonly numReadonlySignedAccounts: number;
  readonly numReadonlyUnsignedAccounts: number;
}

export interface AddressTableLookup {
  readonly accountKey: Uint8Array;
  readonly writableIndexes: Uint8Array;
  readonly readonlyIndexes: Uint8Array;
}

export interface WireInstruction {
  readonly programIdIndex: number;
  /** One byte an account. */
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
}

export interface WireInnerInstruction extends WireInstruction {
  readonly stackHeight?: number | null | undefined;
}

export interface TransactionMeta {
  /** The runtime's error in bincode; null: it succeeded. */
  readonly err?: { readonly err: Uint8Array } | null | undefined;
  readonly fee: Uint64;
  readonly preBalances: readonly Uint64[];
  readonly postBalances: readonly Uint64[];
  readonly innerInstructions: readonly {
    readonly index: number;
    readonly instructions: readonly WireInnerInstruction[];
  }[];
  readonly innerInstructionsNone: boolean;
  readonly logMessages: readonly string[];
  readonly logMessagesNone: boolean;
  readonly loadedWritableAddresses: readonly Uint8Array[];
  readonly loadedReadonlyAddresses: readonly Uint8Array[];
  readonly returnData?: { readonly programId: Uint8Array; readonly data: Uint8Array } | null | undefined;
  readonly returnDataNone: boolean;
  readonly computeUnitsConsumed?: Uint64 | null | undefined;
}

export interface UnixTime {
  /** Seconds since the epoch. */
  readonly timestamp: Uint64;
}
