import type { FrameFormat } from '../../feed/delivery/frame-format.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';
import { textFrame } from '../../protocol/websocket/text-frame.ts';

const said: ReadonlySet<EventKind> = new Set([eventKinds.head, eventKinds.log, eventKinds.pending]);
const suffix = Buffer.from('}}');

/**
 * Events as notifications of `eth_subscribe`, their data as it is: a log that is taken back says so itself
 * (`"removed":true`). There is none that could tell of a gap, or of a reorg as such.
 * https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub
 */
export function ethFrameFormat(subscriptionId: string): FrameFormat {
  const prefix = Buffer.from(
    `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${subscriptionId}","result":`,
  );
  return {
    key: `eth:${subscriptionId}`,
    event: ({ kind, data }: FeedEvent) => (said.has(kind) ? textFrame(prefix, data, suffix) : undefined),
    gap: () => undefined,
  };
}
