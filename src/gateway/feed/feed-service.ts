import { formatCursor } from '../../feed/events/cursor.ts';
import type { EventSource } from '../../feed/log/event-source.ts';
import type { EventFeed } from '../event-feed.ts';

/** The feed as it is served to clients. */
export interface FeedService {
  readonly feed: EventFeed;
  readonly source: Pick<EventSource, 'epoch' | 'earliest' | 'head'>;
  /** `feed.keep_gathering`, milliseconds. */
  readonly keepMs: number;
}

/** Where a history begins and ends, as cursors. */
export interface FeedBounds {
  readonly epoch: string;
  /** Before the first event that is kept. */
  readonly earliest: string;
  /** Behind the last event. */
  readonly latest: string;
}

/** The bounds of the history that `service` serves, as clients are told. */
export function boundsOf({ source: { epoch, earliest, head } }: FeedService): FeedBounds {
  return { epoch, earliest: formatCursor(epoch, earliest - 1), latest: formatCursor(epoch, head) };
}
