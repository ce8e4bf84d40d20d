import type { FeedEvent } from '../events/feed-event.ts';

/** Events that one subscription alone does not get. */
export interface SubscriptionGap {
  /**
   * `slow`: dropped because the client did not keep up; `expired`: older than what is kept; `epoch`: of a history that was
   * lost; `future`: the cursor is ahead of the history; `not_gathered`: logs or transactions that nobody asked for at the time.
   */
  readonly reason: 'slow' | 'expired' | 'epoch' | 'future' | 'not_gathered';
  /** The cursors between which events are missing: those after `from`, up to and including `to`. */
  readonly from?: string;
  readonly to?: string;
  readonly chain?: string;
  /** For a person: what is missing and what to do. */
  readonly message: string;
}

/** How events become the bytes that a client reads. */
export interface FrameFormat {
  /** Formats of equal keys make equal frames of an event: subscriptions of one key and one selector share them. */
  readonly key: string;
  /** The complete frame of an event, reorgs and gaps of the chain included; undefined: the client gets nothing of it. */
  event(event: FeedEvent, cursor: string): Buffer | undefined;
  /** `cursor`: where the subscription goes on behind the gap. */
  gap(gap: SubscriptionGap, cursor: string): Buffer | undefined;
}
