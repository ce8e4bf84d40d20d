import type { FeedEvent } from '../events/feed-event.ts';

/** The sentence for a person in a `gap` event of a chain. */
export function gapMessage(event: FeedEvent): string {
  try {
    const data: unknown = JSON.parse(event.data.toString());
    if (typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'string') {
      return data.message;
    }
  } catch {
    // What cannot be read is told without its particulars.
  }
  return `events of ${event.chain} are missing`;
}
