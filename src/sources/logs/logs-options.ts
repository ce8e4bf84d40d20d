import type { Commitment } from '../../chains/solana/commitment.ts';

/** How a source takes updates from log subscriptions; durations in milliseconds. */
export interface LogsSourceOptions {
  readonly chain: string;
  /** `processed` is told when it is confirmed: providers have no transactions before. */
  readonly commitment: Commitment;
  /** What it is for, where a chain has several of one commitment: in the names of its processes and in the label `source`. @default '' */
  readonly purpose?: string;
  /** Between comparisons of what subscriptions told with what providers list: only they let the checkpoint go on. @default 2000 */
  readonly reconcileIntervalMs?: number;
  /** Before a subscription that ended is made again. @default 1000 */
  readonly resubscribeMs?: number;
  /** Slots that may be fetched at once after an outage. @default 1000 */
  readonly maxBackfill?: number;
  /** Milliseconds for which what one provider says may not fit what others say before it is doubted. @default 30000 */
  readonly patienceMs?: number;
  /** Transactions that wait to be fetched; more are left to the next comparison. @default 1000 */
  readonly maxQueue?: number;
  /** For one transaction, after which it is left to the next comparison. @default 10000 */
  readonly fetchTimeoutMs?: number;
}
