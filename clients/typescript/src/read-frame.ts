import type { FeedItem } from './feed-item.ts';

/** A JSON-RPC error as the server sent it. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** One message of the feed. */
export type FeedFrame =
  | { readonly kind: 'item'; readonly item: FeedItem }
  | { readonly kind: 'response'; readonly id: unknown; readonly result: unknown; readonly error?: RpcError }
  /** The server stops; `cursors` says per subscription where to go on. */
  | { readonly kind: 'closing'; readonly reason: string; readonly cursors: Readonly<Record<string, string>> }
  /** Of a newer server. */
  | { readonly kind: 'other' };

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: RpcError;
  readonly params?: {
    readonly cursor: string;
    readonly topic?: string;
    readonly chain?: string;
    readonly time?: number;
    readonly data?: unknown;
    readonly subscriptions?: Readonly<Record<string, string>>;
    readonly reason?: string;
  };
}

const types = { feed_event: 'event', feed_reorg: 'reorg', feed_gap: 'gap' } as const;

/**
 * Reads one WebSocket message.
 * @throws SyntaxError when it is no JSON object
 */
export function readFrame(text: string): FeedFrame {
  const message = JSON.parse(text) as Message | null;
  if (typeof message !== 'object' || message === null) throw new SyntaxError('a message is no JSON object');
  const { method, params, error } = message;
  if (method === undefined) {
    return {
      kind: 'response',
      id: message.id,
      result: message.result,
      ...(error === undefined ? {} : { error }),
    };
  }
  if (params !== undefined && Object.hasOwn(types, method)) {
    const { cursor, topic, time, data } = params;
    const chain = params.chain ?? chainOf(topic);
    const item = {
      type: types[method as keyof typeof types],
      cursor,
      ...(topic === undefined ? {} : { topic }),
      ...(chain === undefined ? {} : { chain }),
      ...(time === undefined ? {} : { time }),
      data,
    };
    return { kind: 'item', item: item as FeedItem };
  }
  if (method === 'feed_closing')
    return { kind: 'closing', reason: params?.reason ?? 'closing', cursors: params?.subscriptions ?? {} };
  return { kind: 'other' };
}

function chainOf(topic: string | undefined): string | undefined {
  const chain = topic?.slice(0, topic.indexOf('.'));
  return chain === 'system' ? undefined : chain;
}
