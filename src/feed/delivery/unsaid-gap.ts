import type { FeedEvent } from '../events/feed-event.ts';

/** A gap as it is told to a subscription whose format has no frame for it. */
export interface UnsaidGap {
  /** As in `GapData` or `SubscriptionGap`. */
  readonly reason: string;
  /** For a person. */
  readonly message: string;
}

/** Reads a `gap` event of a chain. */
export function readGap(event: FeedEvent): UnsaidGap {
  const gap = { reason: 'outage', message: `events of ${event.chain} are missing` };
  try {
    const { reason, message } = Object(JSON.parse(event.data.toString()));
    if (typeof reason === 'string') gap.reason = reason;
    if (typeof message === 'string') gap.message = message;
  } catch {
    // What cannot be read is told without its particulars.
  }
  return gap;
}
