import type { FrameFormat, SubscriptionGap } from '../../feed/delivery/frame-format.ts';
import { eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';
import { eventFields, gapFields } from './event-fields.ts';

/**
 * Events as server-sent events: the cursor is the id, so that a browser resumes by itself; `event: reorg` and
 * `event: gap` beside the default name. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const sseFrames: FrameFormat = {
  key: 'sse',

  event(event: FeedEvent, cursor: string): Buffer {
    const head = `id: ${cursor}\n${nameOf(event)}data: {${eventFields(event, cursor)}`;
    return Buffer.concat([Buffer.from(head), oneLine(event.data), end]);
  },

  gap(gap: SubscriptionGap, cursor: string): Buffer {
    return Buffer.from(`id: ${cursor}\nevent: gap\ndata: {${gapFields(gap, cursor)}}\n\n`);
  },
};

/** What a stream begins with: how soon to come back, and from where when it ends before the first event. */
export function sseOpening(cursor: string): Buffer {
  return Buffer.from(`retry: 1000\nid: ${cursor}\n\n`);
}

/** What a stream that Trunkline ends has last. */
export function sseClosing(cursor: string | undefined, reason: string): Buffer {
  return Buffer.from(`event: closing\ndata: ${JSON.stringify({ cursor, reason })}\n\n`);
}

/** What a quiet stream has every now and then, so that nobody on the way takes it for dead. */
export function sseKeepAlive(cursor: string): Buffer {
  return Buffer.from(`: quiet\nid: ${cursor}\n\n`);
}

function nameOf({ kind }: FeedEvent): string {
  if (kind === eventKinds.reorg) return 'event: reorg\n';
  return kind === eventKinds.gap ? 'event: gap\n' : '';
}

/**
 * The data without line breaks, which end a field here. JSON has none inside strings; between tokens, where a provider
 * may put them, a space says the same.
 */
function oneLine(data: Buffer): Buffer {
  if (!data.includes(lineFeed) && !data.includes(carriageReturn)) return data;
  const copy = Buffer.from(data);
  for (let at = 0; at < copy.length; at++) {
    if (copy[at] === lineFeed || copy[at] === carriageReturn) copy[at] = space;
  }
  return copy;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const end = Buffer.from('}\n\n');
