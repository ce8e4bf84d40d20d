import type { SubscriptionGap } from '../../feed/delivery/frame-format.ts';
import { eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';

/** The JSON of an event's fields up to the value of `data`, which follows as it is in the log. */
export function eventFields(event: FeedEvent, cursor: string): string {
  // A gap is of the chain, whatever was subscribed to.
  return event.kind === eventKinds.gap
    ? `"cursor":"${cursor}","chain":${JSON.stringify(event.chain)},"data":`
    : `"cursor":"${cursor}","topic":${JSON.stringify(event.topic)},"time":${event.time},"data":`;
}

/** The JSON of the fields of a gap that one subscription alone has. */
export function gapFields({ chain, ...data }: SubscriptionGap, cursor: string): string {
  const ofChain = chain === undefined ? '' : `"chain":${JSON.stringify(chain)},`;
  return `"cursor":"${cursor}",${ofChain}"data":${JSON.stringify(data)}`;
}
