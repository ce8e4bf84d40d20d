/** A block by number and hash. */
export interface BlockName {
  readonly number: number;
  readonly hash: string;
}

/** Something that happened: a block, a log, a transaction, a provider's health… */
export interface FeedEvent {
  readonly type: 'event';
  /** Everything up to and including this event was seen; hand it to `follow` to go on behind it. */
  readonly cursor: string;
  /** Such as `devnet.heads` or `devnet.logs.<address>.<topic0>`. */
  readonly topic: string;
  /** The chain's name; absent for topics `system.…`. */
  readonly chain?: string;
  /** When Trunkline took it in, milliseconds since the Unix epoch. */
  readonly time: number;
  /** A header as `newHeads` has it, a log as `logs` has it, a transaction's hash… */
  readonly data: unknown;
}

/** Blocks left the canonical chain; their logs follow with `removed: true`, then the new blocks and logs. */
export interface FeedReorg {
  readonly type: 'reorg';
  readonly cursor: string;
  readonly topic: string;
  readonly chain?: string;
  readonly time: number;
  readonly data: {
    /** How many blocks were orphaned. */
    readonly depth: number;
    /** The newest block that both branches share. */
    readonly ancestor: BlockName;
    /** Newest first. */
    readonly orphaned: readonly BlockName[];
    /** Oldest first. */
    readonly adopted: readonly BlockName[];
  };
}

/** Events that will not come: of a chain, or of this subscription alone. */
export interface FeedGap {
  readonly type: 'gap';
  /** Where the feed goes on behind the gap. */
  readonly cursor: string;
  readonly topic?: string;
  readonly chain?: string;
  readonly time?: number;
  readonly data: {
    /** Such as `expired`, `epoch`, `slow`, `not_gathered`, `outage`, `chain_reset`, `chain_removed`, `shed`. */
    readonly reason: string;
    /** For a person. */
    readonly message: string;
    readonly fromBlock?: number;
    readonly toBlock?: number;
    /** The cursors between which events are missing. */
    readonly from?: string;
    readonly to?: string;
    /** How many events are missing, where that is known. */
    readonly count?: number;
  };
}

/** What `follow` yields. */
export type FeedItem = FeedEvent | FeedReorg | FeedGap;
