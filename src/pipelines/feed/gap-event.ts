import { eventKinds, type GapData, type NewEvent } from '../../feed/events/feed-event.ts';
import type { PipelineGap } from '../pipeline.ts';

/** A pipeline's gap as an event of the feed; undefined: what was fetched by other ways is not missing. */
export function gapEvent(chain: string, topics: readonly string[], gap: PipelineGap): NewEvent | undefined {
  const { reason, fromSlot, toSlot, recovered, message, count } = gap;
  if (recovered === 'transactions') return undefined;
  const data: GapData = {
    reason,
    fromSlot,
    toSlot,
    topics,
    ...(count === undefined ? {} : { count }),
    message,
  };
  return { kind: eventKinds.gap, chain, topic: `${chain}.gaps`, data: Buffer.from(JSON.stringify(data)) };
}
