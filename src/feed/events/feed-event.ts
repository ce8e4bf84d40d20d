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
} as const;

export type EventKind = (typeof eventKinds)[keyof typeof eventKinds];

/** An event on its way into the log. */
export interface NewEvent {
  readonly kind: EventKind;
  /** The chain's name; empty for `system`. */
  readonly chain: string;
  /** The subject that subscriptions are matched with: tokens with dots between, in small letters. */
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
  /** `outage`: too many blocks came while nobody looked; `chain_reset`: the chain began anew; `shed`: dropped under pressure; `chain_removed`: the chain was taken out of the config. */
  readonly reason: 'outage' | 'chain_reset' | 'shed' | 'chain_removed';
  readonly fromBlock?: number;
  readonly toBlock?: number;
  /** How many events, where that is known. */
  readonly count?: number;
  /** For a person. */
  readonly message: string;
}
