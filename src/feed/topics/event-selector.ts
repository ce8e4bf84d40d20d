import type { FeedEvent } from '../events/feed-event.ts';

/** Which events a subscription gets. */
export interface EventSelector {
  /** Selectors of equal keys select the same events. */
  readonly key: string;
  /** Patterns over topics, in small letters: tokens, `*` for one token, `>` at the end for one or more. */
  readonly patterns: readonly string[];
  /** Asked about each event of kind `log` that a pattern matches; absent: all. Must be cheap. */
  readonly accepts?: (event: FeedEvent) => boolean;
}
