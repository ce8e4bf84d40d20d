/** A claim on events; ends once. */
export interface Claim {
  /** Nobody needs them any more; they are gathered for the claim's `keepMs` longer. */
  release(): void;
}

/** How a claim is made. */
export interface ClaimOptions {
  /** The offset of the log's last event now: events are gathered of every block whose events get higher ones. */
  readonly since: number;
  /** Milliseconds for which it holds after its release. One of a minute or more outlives a restart of Trunkline. */
  readonly keepMs: number;
}

/** A claim on the events of topics. */
export interface TopicClaim extends Claim {
  /** Why something that the topics name cannot be had of the chain, in words; undefined: all of it can. */
  readonly refused?: string | undefined;
  /**
   * The offset behind which everything is that happened since the newest state of the chain that was told; undefined: it is
   * the end of the log.
   */
  presentSince?(): number | undefined;
  /** What is gathered for it, with the offset since which all of that has been gathered without a break; undefined: something is not. */
  gathered(): readonly GatheredTopics[];
}

/** Something that is gathered for a claim. */
export interface GatheredTopics {
  /** In words: `logs`, `transactions`. */
  readonly what: string;
  /** Undefined: it is not gathered yet. */
  readonly since: number | undefined;
}

/**
 * What the readers of one chain ask for, so that nothing is fetched for nobody. What comes with the chain itself, such as
 * its heads, is always there. Claims come from the feed.
 */
export interface Demand {
  /** Claims what topics that match these patterns need of the chain; undefined: nothing has to be gathered for them. */
  claimTopics(patterns: readonly string[], options: ClaimOptions): TopicClaim | undefined;
}
