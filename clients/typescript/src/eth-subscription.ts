import type { ReconnectOptions } from './backoff.ts';
import type { ChainUrls } from './chain-url.ts';
import type { Environment } from './environment.ts';
import { FeedError } from './feed-error.ts';
import { follow } from './follow.ts';
import { type LogFilter, logMatcher, logTopics } from './log-filter.ts';

/** A subscription as `eth_subscribe` takes it, and who gets what comes. */
export interface EthSubscriptionRequest {
  /** Such as `["newHeads"]`. */
  readonly params: readonly unknown[];
  /** The `params` of an `eth_subscription` notification. */
  readonly onData: (data: { readonly subscription: `0x${string}`; readonly result: unknown }) => void;
  /** Events were missed and cannot be had, or the subscription ended for good. Not called for a lost connection. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface EthSubscriptionOptions {
  readonly urls: ChainUrls;
  readonly id: `0x${string}`;
  readonly reconnect: ReconnectOptions;
  readonly environment: Partial<Environment>;
}

/** A subscription of the feed. */
export interface EthSubscription {
  /** Settles when it was made. @throws FeedError when it is refused or ended before */
  readonly ready: Promise<void>;
  end(): void;
}

/**
 * Makes an `eth_subscribe` subscription of the feed, which goes on where it was when the connection breaks.
 *
 * @throws FeedError `subscription_unsupported` when the feed has no such events
 */
export function subscribeByFeed(
  { params, onData, onError }: EthSubscriptionRequest,
  { urls, id, reconnect, environment }: EthSubscriptionOptions,
): EthSubscription {
  const { topics, accepts } = selection(params, urls.chain);
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const feed = follow({
    url: urls.feed,
    topics,
    reconnect,
    environment,
    onState: ({ state }) => {
      if (state === 'live') resolve();
    },
  });
  const run = async () => {
    for await (const item of feed) {
      if (item.type === 'gap') onError?.(new FeedError(item.data.reason, item.data.message));
      else if (item.type === 'event' && accepts(item.data)) {
        try {
          onData({ subscription: id, result: item.data });
        } catch (error) {
          onError?.(error);
        }
      }
    }
    throw new FeedError('subscription_ended', 'the subscription was ended');
  };
  let isEnded = false;
  run().catch(error => {
    reject(error);
    if (!isEnded) onError?.(error);
  });
  return {
    ready,
    end: () => {
      isEnded = true;
      void feed.return();
    },
  };
}

function selection(
  [kind, argument]: readonly unknown[],
  chain: string,
): { topics: string[]; accepts: (data: unknown) => boolean } {
  if (kind === 'newHeads') return { topics: [`${chain}.heads`], accepts: () => true };
  if (kind === 'newPendingTransactions' && argument !== true)
    return { topics: [`${chain}.pending`], accepts: () => true };
  if (kind === 'logs') {
    const filter = (argument ?? {}) as LogFilter;
    return { topics: logTopics(chain, filter), accepts: logMatcher(filter) };
  }
  throw new FeedError('subscription_unsupported', `the feed has no subscription ${JSON.stringify(kind)}`);
}
