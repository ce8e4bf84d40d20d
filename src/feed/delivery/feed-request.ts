import type { FeedEvent } from '../events/feed-event.ts';
import type { EventSelector } from '../topics/event-selector.ts';
import type { FrameFormat } from './frame-format.ts';
import type { UnsaidGap } from './unsaid-gap.ts';

/** Where a subscription begins: behind the last event, before the first one that is kept, behind a cursor, at a block's head, at a time. */
export type FeedStart =
  | { readonly kind: 'latest' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'cursor'; readonly cursor: string }
  | { readonly kind: 'block'; readonly chain: string; readonly number: number }
  /** Wall clock, milliseconds. */
  | { readonly kind: 'time'; readonly time: number };

/**
 * What happens when the client does not keep up. `catch_up`: it reads from the log at its own pace and joins again;
 * `drop_oldest`: what is too old is left out, and said; `disconnect`: the connection is closed with the cursor.
 */
export type SlowStrategy = 'catch_up' | 'drop_oldest' | 'disconnect';

/** A subscription to be made. */
export interface FeedRequest {
  readonly selector: EventSelector;
  readonly format: FrameFormat;
  readonly from: FeedStart;
  readonly strategy: SlowStrategy;
  /** A start that cannot be had exactly: `refuse` throws, `announce` begins as near as possible and sends a gap first. */
  readonly gaps: 'refuse' | 'announce';
  /** Milliseconds for which logs and transactions are still gathered when the subscription has ended, so that it can be resumed. */
  readonly keepMs: number;
  /** Called with a gap (of the chain, or of this subscription) for which `format` has no frame. */
  readonly onUnsaidGap?: (gap: UnsaidGap) => void;
}

/** A subscription that was made. */
export interface FeedSubscription {
  /** Where it begins. */
  readonly start: string;
  /** The cursor of the last event there was when it was made: what comes up to it happened before. */
  readonly latest: string;
  /** The cursor of the last event that was written to the sink; at first `start`. */
  readonly cursor: string;
  /** Lets the first event out; called once the client was told of the subscription. */
  begin(): void;
  end(): void;
}

/** Reads events on demand, from where it was opened. */
export interface FeedReader {
  /** What came since the last read, oldest first, at most `maxEvents`; more may be there when it returns that many. */
  read(maxEvents: number): Promise<readonly FeedEvent[]>;
  end(): void;
}
