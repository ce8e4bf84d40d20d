import type { NotificationFrame } from '../../chains/subscription-rules.ts';
import type { FrameFormat } from '../../feed/delivery/frame-format.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';
import { textFrame } from '../../protocol/websocket/text-frame.ts';

const said: ReadonlySet<EventKind> = new Set([eventKinds.head, eventKinds.log, eventKinds.pending]);

/**
 * Events of the feed as notifications of a subscription, their data as it is: a log that is taken back says so itself
 * (`"removed":true`). There is none that could tell of a gap, or of a reorg as such.
 */
export function notificationFormat(subscriptionId: string, frame: NotificationFrame): FrameFormat {
  const prefix = Buffer.from(frame.prefix);
  const suffix = Buffer.from(frame.suffix);
  return {
    key: `notification:${subscriptionId}`,
    event: ({ kind, data }: FeedEvent) => (said.has(kind) ? textFrame(prefix, data, suffix) : undefined),
    gap: () => undefined,
  };
}
