/** What an event tells; the number is its byte in the log, so that it never changes its meaning. */
export const eventKinds = {
  /** A block became part of the canonical chain. Topic `<chain>.heads`; data: its header as `newHeads` gives it. */
  head: 1,
  /** A log of a canonical block, or one that is taken back. Topic `<chain>.logs.<address>.<topic0>`; data: the log. */
  log: 2,
  /** A transaction that waits. Topic `<chain>.pending`; data: its hash, a JSON string. */
  pending: 3,
  /** Blocks left the canonical chain. Topic `<chain>.reorgs`; data: `ReorgData`. */
  reorg: 4,
  /** Events of a chain that nobody will see. Topic `<chain>.gaps`; data: `GapData`. */
  gap: 5,
  /** The chain's `safe` or `finalized` block moved. Topic `<chain>.finality`; data: `{"tag","number","hash"}`. */
  finality: 6,
  /** A provider's health changed. Topic `<chain>.providers`; data: `{"provider","state","reason"}`. */
  provider: 7,
  /** Of Trunkline itself. Topic `system.<name>`. */
  system: 8,
  /** A slot reached a commitment, or was abandoned. Topic `<chain>.slots`; data: `SlotData`. */
  slot: 9,
  /** What a program logged in a transaction. Topic `<chain>.logs.<program>`; data: `ProgramLogData`. */
  program_log: 10,
  /** A transaction in which a program was invoked. Topic `<chain>.transactions.<program>`; data: `TransactionData`. */
  transaction: 11,
  /** An account was written. Topic `<chain>.accounts.<key>`; data: `AccountData`. */
  account: 12,
  /** What a pipeline read. Topic `<chain>.events.<program>.<name>`; data: `PipelineEventData`. */
  program_event: 13,
} as const;

export type EventKind = (typeof eventKinds)[keyof typeof eventKinds];

/** An event on its way into the log. */
export interface NewEvent {
  readonly kind: EventKind;
  /** The chain's name; empty for `system`. */
  readonly chain: string;
  /** The subject that subscriptions are matched with: tokens with dots between; hexadecimal ones in small letters. */
  readonly topic: string;
  /** JSON. */
  readonly data: Buffer;
}

/** An event of the log. */
export interface FeedEvent extends NewEvent {
  /** Its place in the sequence of all events of all chains; the first one is 1. */
  readonly offset: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A block by number and hash, as data of events name it. */
export interface BlockName {
  readonly number: number;
  readonly hash: string;
}

/** The data of a `reorg` event. */
export interface ReorgData {
  /** How many blocks were orphaned. */
  readonly depth: number;
  /** The newest block that both branches share. */
  readonly ancestor: BlockName;
  /** Newest first. */
  readonly orphaned: readonly BlockName[];
  /** Oldest first, as far as they are known. Their heads and logs follow as events. */
  readonly adopted: readonly BlockName[];
}

/** The data of a `gap` event of a chain. */
export interface GapData {
  /**
   * `outage`: too many blocks came while nobody looked; `chain_reset`: the chain began anew; `shed`: dropped under pressure;
   * `chain_removed`: the chain was taken out of the config; `expired`, `too_long`, `not_recoverable`: as in `SourceGap`;
   * `overflow`: a pipeline dropped what it had no room for; `not_retractable`: values of an abandoned slot that are not known any more.
   */
  readonly reason:
    | 'outage'
    | 'chain_reset'
    | 'shed'
    | 'chain_removed'
    | 'expired'
    | 'too_long'
    | 'not_recoverable'
    | 'not_retractable'
    | 'overflow';
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly fromSlot?: number;
  readonly toSlot?: number;
  /** Which topics it is about, where it is not all of the chain. */
  readonly topics?: readonly string[];
  /** How many events, where that is known. */
  readonly count?: number;
  /** For a person. */
  readonly message: string;
}

/** What the data of all events of a Solana chain have in common but those of slots. */
export interface SolanaEventData {
  readonly slot: number;
  /** Base58; null where it is not known, as of an account that was looked up. */
  readonly signature: string | null;
  /** How sure the slot was when this was told. */
  readonly commitment: 'processed' | 'confirmed' | 'finalized';
  /** `true`: the slot was abandoned after this had been told; it did not happen. */
  readonly removed?: true;
}

/** The data of a `slot` event. */
export interface SlotData {
  readonly slot: number;
  readonly parent: number | null;
  readonly status: 'processed' | 'confirmed' | 'finalized' | 'dead';
}

/** The data of a `program_log` event. */
export interface ProgramLogData extends SolanaEventData {
  readonly program: string;
  readonly failed: boolean;
  /** The lines of each of its invocations, by the path of the instruction; null: the log was cut, or there is none. */
  readonly invocations: readonly { readonly path: string; readonly lines: readonly string[] | null }[];
}

/** The data of a `transaction` event. */
export interface TransactionData extends SolanaEventData {
  /** Its place in the block; null where it is not known. */
  readonly index: number | null;
  readonly program: string;
  readonly failed: boolean;
  /** Lamports. */
  readonly fee: number;
  readonly computeUnits: number | null;
  readonly accounts: readonly string[];
  /** In the order of execution; `path` `0.1` is the second that the first one invoked. */
  readonly instructions: readonly {
    readonly path: string;
    readonly program: string;
    readonly accounts: readonly string[];
    /** Base64. */
    readonly data: string;
  }[];
  readonly logs: readonly string[] | null;
}

/** The data of an `account` event. */
export interface AccountData extends SolanaEventData {
  readonly pubkey: string;
  readonly owner: string;
  /** Decimal. */
  readonly lamports: string;
  /** Base64. */
  readonly data: string;
  readonly executable: boolean;
  /** Decimal; grows with each write. */
  readonly writeVersion: string;
}

/** The data of a `program_event` event. */
export interface PipelineEventData extends SolanaEventData {
  readonly pipeline: string;
  readonly program: string;
  readonly name: string;
  /** The instruction's; null where it is none's. */
  readonly path: string | null;
  /** What the parser read. */
  readonly value: unknown;
}
