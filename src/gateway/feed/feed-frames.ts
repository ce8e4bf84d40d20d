import type { FrameFormat, SubscriptionGap } from '../../feed/delivery/frame-format.ts';
import { eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';
import { textFrame } from '../../protocol/websocket/text-frame.ts';
import { eventFields, gapFields } from './event-fields.ts';

/**
 * Events as JSON-RPC notifications in WebSocket frames: `feed_event`, `feed_reorg`, `feed_gap`. The data's bytes are
 * passed on untouched.
 */
export class FeedFrames implements FrameFormat {
  readonly #subscription: string;

  /** @param subscription Its id: hexadecimal digits and hyphens. */
  constructor(subscription: string) {
    this.#subscription = subscription;
  }

  get key(): string {
    return `feed:${this.#subscription}`;
  }

  event(event: FeedEvent, cursor: string): Buffer {
    return textFrame(Buffer.from(this.#head(methodOf(event)) + eventFields(event, cursor)), event.data, end);
  }

  gap(gap: SubscriptionGap, cursor: string): Buffer {
    return textFrame(Buffer.from(`${this.#head('feed_gap')}${gapFields(gap, cursor)}}}`));
  }

  #head(method: string): string {
    return `{"jsonrpc":"2.0","method":"${method}","params":{"subscription":"${this.#subscription}",`;
  }
}

function methodOf({ kind }: FeedEvent): string {
  if (kind === eventKinds.reorg) return 'feed_reorg';
  return kind === eventKinds.gap ? 'feed_gap' : 'feed_event';
}

const end = Buffer.from('}}');
