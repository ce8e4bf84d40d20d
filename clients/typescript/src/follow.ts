import type { FollowOptions } from './follow-options.ts';
import { Follower } from './follower.ts';

export { FeedError } from './feed-error.ts';
export type { BlockName, FeedEvent, FeedGap, FeedItem, FeedReorg } from './feed-item.ts';
export type { FollowOptions, FollowStart, FollowState } from './follow-options.ts';
export type { Follower } from './follower.ts';

/**
 * Follows topics of a Trunkline: `for await (const event of follow({ url, topics, cursor })) …`.
 *
 * It connects again by itself and goes on behind the last item, so that each item comes once and in order; what cannot
 * be had any more is told as an item of type `gap`. Who keeps `item.cursor` after handling it can go on in another process.
 *
 * @throws FeedError (from the iteration) when the server refuses for good: `topic_invalid`, `cursor_malformed`…
 */
export function follow(options: FollowOptions): Follower {
  return new Follower(options);
}
