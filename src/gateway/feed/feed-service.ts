import { TrunklineError } from '../../errors/trunkline-error.ts';
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

/** The bounds of the history that `service` serves; undefined: there is none, or it is not open. */
export function boundsOf(service: FeedService | undefined): FeedBounds | undefined {
  if (service === undefined) return undefined;
  try {
    const { epoch, earliest, head } = service.source;
    return { epoch, earliest: formatCursor(epoch, earliest - 1), latest: formatCursor(epoch, head) };
  } catch (error) {
    if (error instanceof TrunklineError && error.code === 'feed_unavailable') return undefined;
    throw error;
  }
}
