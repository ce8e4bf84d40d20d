import { TrunklineError } from '../errors/trunkline-error.ts';
import type { FeedReader, FeedRequest, FeedSubscription } from '../feed/delivery/feed-request.ts';
import type { FeedSink } from '../feed/delivery/feed-sink.ts';
import { type FeedErrorCode, feedErrors } from '../feed/errors.ts';
import type { EventSelector } from '../feed/topics/event-selector.ts';

/** What the gateway needs of the feed. */
export interface EventFeed {
  /** @throws TrunklineError of `feedErrors` */
  subscribe(request: FeedRequest, sink: FeedSink): Promise<FeedSubscription>;
  /**
   * @param keepMs milliseconds for which logs and transactions are still gathered when the reader has ended
   * @throws TrunklineError of `feedErrors`
   */
  reader(selector: EventSelector, keepMs: number): FeedReader;
}

/** Stands in where there is none: subscriptions and filters are refused with `feed_unavailable`. */
export const noFeed: EventFeed = {
  subscribe: async () => unavailable(),
  reader: () => unavailable(),
};

function unavailable(): never {
  throw new TrunklineError<FeedErrorCode>(feedErrors, 'feed_unavailable', 'there is no event feed');
}
