import { TrunklineError } from '../../errors/trunkline-error.ts';
import { formatCursor } from '../../feed/events/cursor.ts';
import type { EventSource } from '../../feed/log/event-source.ts';
import type { ResolveChain, ResolvedChain } from '../../feed/topics/parse-topics.ts';
import type { ChainDirectory } from '../chain-directory.ts';
import type { EventFeed } from '../event-feed.ts';

/** The feed as it is served to clients. */
export interface FeedService {
  readonly feed: EventFeed;
  readonly source: Pick<EventSource, 'epoch' | 'earliest' | 'head'>;
  /** `feed.keep_gathering`, milliseconds. */
  readonly keepMs: number;
  /** The family of a chain of that name whose events were written since the start, though it may be taken out by now. */
  familyInHistory(chain: string): ResolvedChain['family'] | undefined;
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

/** Finds the chain of a topic's first token: one that is served, or one whose events can still be read. */
export function chainResolver(
  chains: Pick<ChainDirectory, 'find'>,
  service: FeedService | undefined,
): ResolveChain {
  return token => {
    const found = chains.find(token);
    if (found !== undefined) return { name: found.name, family: found.family.name };
    const family = service?.familyInHistory(token);
    return family === undefined ? undefined : { name: token, family };
  };
}
