import {
  createTransport,
  RpcRequestError,
  TimeoutError,
  type Transport,
  type WebSocketTransport,
} from 'viem';
import type { ReconnectOptions } from './backoff.ts';
import { readChainUrl } from './chain-url.ts';
import { type Environment, environmentWith } from './environment.ts';
import { type EthSubscription, type EthSubscriptionRequest, subscribeByFeed } from './eth-subscription.ts';
import { mayRepeat } from './may-repeat.ts';
import { RpcSocket, RpcSocketError } from './rpc-socket.ts';

export interface TrunklineTransportConfig {
  /** @default 'trunkline' */
  readonly key?: string | undefined;
  /** @default 'Trunkline' */
  readonly name?: string | undefined;
  /** Milliseconds that a request may take, reconnecting included. @default 10000 */
  readonly timeout?: number | undefined;
  /** How often viem repeats a request that failed. @default 3 */
  readonly retryCount?: number | undefined;
  /** Milliseconds before viem's first repetition. @default 150 */
  readonly retryDelay?: number | undefined;
  readonly reconnect?: ReconnectOptions | undefined;
  /** Parts of the platform to be replaced. */
  readonly environment?: Partial<Environment> | undefined;
}

/** A transport of type `webSocket`, so that viem's `watch…` actions subscribe instead of polling. */
export type TrunklineTransport = Transport<
  'webSocket',
  {
    subscribe: NonNullable<ReturnType<WebSocketTransport>['value']>['subscribe'];
    /** Closes the connection for requests and ends all subscriptions: without it, Node does not end. */
    close(): void;
  }
>;

/**
 * A viem transport: `createPublicClient({ transport: trunkline('ws://127.0.0.1:4000/rpc/devnet') })`.
 *
 * Subscriptions go on where they were when the connection breaks: no block and no log is lost or repeated. What cannot be
 * had any more is told to `onError`. Reads in flight are sent again; a write whose fate is unknown fails.
 *
 * @throws FeedError `url_invalid`
 */
export function trunkline(url: string, config: TrunklineTransportConfig = {}): TrunklineTransport {
  const urls = readChainUrl(url);
  const { key = 'trunkline', name = 'Trunkline', reconnect = {}, environment = {}, retryDelay } = config;
  const socket = new RpcSocket(urls.rpc, reconnect, environmentWith(environment));
  const subscriptions = new Set<EthSubscription>();
  let nextId = 1;

  const subscribe = async (request: EthSubscriptionRequest) => {
    const id: `0x${string}` = `0x${(nextId++).toString(16)}`;
    const subscription = subscribeByFeed(request, { urls, id, reconnect, environment });
    subscriptions.add(subscription);
    try {
      await subscription.ready;
    } catch (error) {
      subscriptions.delete(subscription);
      throw error;
    }
    return {
      subscriptionId: id,
      unsubscribe: async () => {
        subscription.end();
        return { jsonrpc: '2.0' as const, id: 0, result: subscriptions.delete(subscription) };
      },
    };
  };

  const close = () => {
    socket.close();
    for (const subscription of subscriptions) subscription.end();
    subscriptions.clear();
  };

  return ({ retryCount, timeout: clientTimeout }) => {
    const timeout = config.timeout ?? clientTimeout ?? 10_000;
    const request = async ({ method, params }: { method: string; params?: unknown }) => {
      const body = { method, params };
      try {
        const { error, result } = await socket.request(method, params, timeout);
        if (error !== undefined) throw new RpcRequestError({ body, error, url: urls.rpc });
        return result;
      } catch (error) {
        // viem repeats what timed out, which a write does not allow.
        if (error instanceof RpcSocketError && error.reason === 'timeout' && mayRepeat(method))
          throw new TimeoutError({ body, url: urls.rpc });
        throw error;
      }
    };
    return createTransport(
      {
        key,
        name,
        type: 'webSocket',
        request: request as Parameters<typeof createTransport>[0]['request'],
        retryCount: config.retryCount ?? retryCount,
        retryDelay,
        timeout,
      },
      { subscribe: subscribe as unknown as TrunklineSubscribe, close },
    );
  };
}

type TrunklineSubscribe = NonNullable<ReturnType<TrunklineTransport>['value']>['subscribe'];
