import type { TransactionMessage, TransactionMeta, UnixTime } from './confirmed-block-messages.ts';

/**
 * The messages of `geyser.proto` (https://github.com/rpcpool/yellowstone-grpc) as they are read: what a message leaves
 * out has its default (0, '', no bytes, empty list), and what is marked optional there is null or undefined.
 */

/** A 64-bit number: a bigint where it is beyond 2^53 - 1, else a number; `toSafeNumber` and `BigInt` settle it. */
export type Uint64 = number | bigint;

/** On the wire: 0 processed, 1 confirmed, 2 finalized. */
export type WireCommitment = 0 | 1 | 2;

/** The numbers of `SlotStatus`. */
export const wireSlotStatus = {
  processed: 0,
  confirmed: 1,
  finalized: 2,
  firstShredReceived: 3,
  completed: 4,
  createdBank: 5,
  dead: 6,
} as const;

export type WireSlotStatus = (typeof wireSlotStatus)[keyof typeof wireSlotStatus];

/** What a client asks for, by filter names of its own, which come back in `SubscribeUpdate.filters`. */
export interface SubscribeRequest {
  readonly accounts: Readonly<Record<string, AccountsFilter>>;
  readonly slots: Readonly<Record<string, SlotsFilter>>;
  readonly transactions: Readonly<Record<string, TransactionsFilter>>;
  readonly transactionsStatus: Readonly<Record<string, TransactionsFilter>>;
  readonly blocks: Readonly<Record<string, BlocksFilter>>;
  readonly blocksMeta: Readonly<Record<string, object>>;
  readonly entry: Readonly<Record<string, object>>;
  readonly commitment?: WireCommitment | null | undefined;
  readonly accountsDataSlice: readonly DataSlice[];
  /** Such a request is a ping and nothing else; its pong has the same id. */
  readonly ping?: { readonly id: number } | null | undefined;
  /** Replays from this slot on. */
  readonly fromSlot?: Uint64 | null | undefined;
}

export interface AccountsFilter {
  readonly account: readonly string[];
  readonly owner: readonly string[];
  readonly filters: readonly AccountCondition[];
  readonly nonemptyTxnSignature?: boolean | null | undefined;
}

/** One condition on an account; exactly one of them is set. */
export interface AccountCondition {
  readonly memcmp?: Memcmp | null | undefined;
  readonly datasize?: Uint64 | null | undefined;
  readonly tokenAccountState?: boolean | null | undefined;
  readonly lamports?: LamportsCondition | null | undefined;
}

/** Bytes that the data have at an offset, in one of three writings. */
export interface Memcmp {
  readonly offset: Uint64;
  readonly bytes?: Uint8Array | null | undefined;
  readonly base58?: string | null | undefined;
  readonly base64?: string | null | undefined;
}

export interface LamportsCondition {
  readonly eq?: Uint64 | null | undefined;
  readonly ne?: Uint64 | null | undefined;
  readonly lt?: Uint64 | null | undefined;
  readonly gt?: Uint64 | null | undefined;
}

export interface SlotsFilter {
  readonly filterByCommitment?: boolean | null | undefined;
  readonly interslotUpdates?: boolean | null | undefined;
}

export interface TransactionsFilter {
  readonly vote?: boolean | null | undefined;
  readonly failed?: boolean | null | undefined;
  readonly signature?: string | null | undefined;
  readonly accountInclude: readonly string[];
  readonly accountExclude: readonly string[];
  readonly accountRequired: readonly string[];
}

export interface BlocksFilter {
  readonly accountInclude: readonly string[];
  /** @default true */
  readonly includeTransactions?: boolean | null | undefined;
  /** @default false */
  readonly includeAccounts?: boolean | null | undefined;
  /** @default false */
  readonly includeEntries?: boolean | null | undefined;
}

export interface DataSlice {
  readonly offset: Uint64;
  readonly length: Uint64;
}

/** What the server tells; one of the optional fields is set. */
export interface SubscribeUpdate {
  readonly filters: readonly string[];
  readonly createdAt?: { readonly seconds: Uint64; readonly nanos: number } | null | undefined;
  readonly account?: AccountMessage | null | undefined;
  readonly slot?: SlotMessage | null | undefined;
  readonly transaction?: TransactionMessageUpdate | null | undefined;
  readonly transactionStatus?: TransactionStatusMessage | null | undefined;
  readonly block?: BlockMessage | null | undefined;
  readonly blockMeta?: BlockMetaMessage | null | undefined;
  readonly entry?: object | null | undefined;
  readonly ping?: object | null | undefined;
  readonly pong?: { readonly id: number } | null | undefined;
}

export interface AccountMessage {
  readonly account?: AccountInfo | null | undefined;
  readonly slot: Uint64;
  readonly isStartup: boolean;
}

export interface AccountInfo {
  readonly pubkey: Uint8Array;
  readonly lamports: Uint64;
  readonly owner: Uint8Array;
  readonly executable: boolean;
  readonly rentEpoch: Uint64;
  readonly data: Uint8Array;
  readonly writeVersion: Uint64;
  readonly txnSignature?: Uint8Array | null | undefined;
}

export interface SlotMessage {
  readonly slot: Uint64;
  readonly parent?: Uint64 | null | undefined;
  readonly status: WireSlotStatus;
  readonly deadError?: string | null | undefined;
}

export interface TransactionMessageUpdate {
  readonly transaction?: TransactionInfo | null | undefined;
  readonly slot: Uint64;
}

export interface TransactionInfo {
  readonly signature: Uint8Array;
  readonly isVote: boolean;
  readonly transaction?: TransactionMessage | null | undefined;
  readonly meta?: TransactionMeta | null | undefined;
  readonly index: Uint64;
}

export interface TransactionStatusMessage {
  readonly slot: Uint64;
  readonly signature: Uint8Array;
  readonly isVote: boolean;
  readonly index: Uint64;
  readonly err?: { readonly err: Uint8Array } | null | undefined;
}

export interface BlockMetaMessage {
  readonly slot: Uint64;
  readonly blockhash: string;
  readonly blockTime?: UnixTime | null | undefined;
  readonly blockHeight?: { readonly blockHeight: Uint64 } | null | undefined;
  readonly parentSlot: Uint64;
  readonly parentBlockhash: string;
  readonly executedTransactionCount: Uint64;
  readonly entriesCount: Uint64;
}

export interface BlockMessage extends BlockMetaMessage {
  readonly transactions: readonly TransactionInfo[];
  readonly updatedAccountCount: Uint64;
  readonly accounts: readonly AccountInfo[];
}

/** Which slot is the oldest that can be replayed; undefined: none can. */
export interface ReplayInfo {
  readonly firstAvailable?: Uint64 | null | undefined;
}

export interface LatestBlockhash {
  readonly slot: Uint64;
  readonly blockhash: string;
  readonly lastValidBlockHeight: Uint64;
}

/** What a message needs to be written: anything left out has its default. */
export type Written<Message> = Message extends
  | Uint8Array
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  ? Message
  : Message extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : { readonly [Name in keyof Message]?: Written<Message[Name]> | null | undefined };
