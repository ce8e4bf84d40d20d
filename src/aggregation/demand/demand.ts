import type { LogPattern } from './log-pattern.ts';

/** A claim on events; ends once. */
export interface Claim {
  /** Nobody needs them any more; they are gathered for the claim's `keepMs` longer. */
  release(): void;
}

/** How a claim is made. */
export interface ClaimOptions {
  /** The offset of the log's last event now: events are gathered of every block whose head gets a higher one. */
  readonly since: number;
  /** Milliseconds for which it holds after its release. One of a minute or more outlives a restart of Trunkline. */
  readonly keepMs: number;
}

/**
 * What the readers of one chain ask for, so that nothing is fetched for nobody. Heads are always followed. Claims come from
 * the feed, questions from what follows the chain. Implemented by `ChainDemand`.
 */
export interface Demand {
  claimLogs(pattern: LogPattern, options: ClaimOptions): Claim;
  claimPending(options: ClaimOptions): Claim;
  /** Since which offset all logs of the pattern have been gathered without a break, by whatever claims; undefined: they are not. */
  logsSince(pattern: LogPattern): number | undefined;
  pendingSince(): number | undefined;
}
