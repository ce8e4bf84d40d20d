import type { LogPattern } from './log-pattern.ts';

/** A claim on events; ends once. */
export interface Claim {
  /** Nobody needs them any more; they are gathered for `keepMs` longer. */
  release(keepMs: number): void;
}

/**
 * What the readers of one chain ask for, so that nothing is fetched for nobody. Heads are always followed. Implemented by
 * `ChainDemand`; claims come from the feed, questions from the follower.
 */
export interface Demand {
  /**
   * Asks for logs. They are gathered of every block whose head gets an offset after `since`, the offset of the log's
   * last event now; an earlier claim of the same or a wider pattern that still holds keeps its own, lower one.
   */
  claimLogs(pattern: LogPattern, since: number): Claim;
  /** As `claimLogs` for waiting transactions. */
  claimPending(since: number): Claim;
  /** Since which offset all logs of the pattern have been gathered without a break; undefined: they are not gathered now. */
  logsSince(pattern: LogPattern): number | undefined;
  pendingSince(): number | undefined;
}
