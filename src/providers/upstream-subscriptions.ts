import type { EventRules } from '../chains/chain-family.ts';
import type { SubscriptionRules } from '../chains/subscription-rules.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { request } from '../protocol/json-rpc/write.ts';
import { type ProviderErrorCode, providerErrors } from './errors.ts';
import type { SocketConnection } from './socket-connection.ts';
import type { StreamHandle, StreamListener } from './stream-source.ts';

/** Notifications kept while a subscription is being confirmed: some servers send the first one before the reply. */
const MAX_EARLY = 256;

interface Upstream {
  readonly params: string;
  /** Absent: none of its events is the last one. */
  readonly isLast: ((result: Buffer) => boolean) | undefined;
  readonly listeners: Set<StreamListener>;
  /** The provider's id of it, once confirmed. */
  id: string | undefined;
  /** Settles once it is confirmed or refused. */
  readonly confirmed: Promise<void>;
}

/** What can be configured about subscriptions. */
export interface UpstreamSubscriptionsOptions {
  /** Distinct subscriptions; one more is refused with `upstream_subscription_limit`. @default 1000 */
  readonly maxSubscriptions?: number;
  /** Milliseconds for the provider to confirm. */
  readonly timeoutMs: number;
  /** Text of a refusal for a person, without secrets. */
  readonly redact: (text: string) => string;
  readonly rules: Pick<SubscriptionRules, 'subscribe' | 'unsubscribe'>;
  readonly events: Pick<EventRules, 'kind' | 'isLast'>;
}

/**
 * The subscriptions on one WebSocket connection: equal params share one; over when the connection is. A provider may give
 * several one id, as Agave does when they mean the same to it.
 */
export class UpstreamSubscriptions {
  readonly #options: UpstreamSubscriptionsOptions;
  readonly #connection: SocketConnection;
  readonly #byParams = new Map<string, Upstream>();
  readonly #byId = new Map<string, Set<Upstream>>();
  #unconfirmed = 0;
  #early: { subscription: string; result: Buffer }[] = [];

  constructor(options: UpstreamSubscriptionsOptions, connection: SocketConnection) {
    this.#options = options;
    this.#connection = connection;
  }

  get size(): number {
    return this.#byParams.size;
  }

  /** @throws TrunklineError `websocket_closed`, `upstream_subscription_limit`, `attempt_timeout`, `subscribe_refused` (in the provider's words). */
  async subscribe(params: string, listener: StreamListener): Promise<StreamHandle> {
    let upstream = this.#byParams.get(params);
    if (upstream === undefined) {
      if (this.#byParams.size >= (this.#options.maxSubscriptions ?? 1000))
        throw refusal('upstream_subscription_limit');
      upstream = this.#start(params);
    }
    upstream.listeners.add(listener);
    const cancel = () => this.#leave(upstream, listener);
    try {
      await upstream.confirmed;
    } catch (error) {
      upstream.listeners.delete(listener);
      throw error;
    }
    return { cancel };
  }

  /** A notification arrived. Returns false when no subscription has that id. */
  deliver(subscription: string, result: Buffer): boolean {
    const upstreams = this.#byId.get(subscription);
    if (upstreams !== undefined) {
      for (const upstream of upstreams) this.#tell(upstream, result);
      return true;
    }
    if (this.#unconfirmed === 0 || this.#early.length >= MAX_EARLY) return false;
    this.#early.push({ subscription, result });
    return true;
  }

  /** The connection is over. */
  end(reason: string): void {
    const confirmed = [...this.#byId.values()].flatMap(upstreams => [...upstreams]);
    this.#byParams.clear();
    this.#byId.clear();
    this.#early = [];
    for (const upstream of confirmed) endListeners(upstream, reason);
  }

  #tell(upstream: Upstream, result: Buffer): void {
    const isLast = upstream.isLast?.(result) === true;
    // The provider has forgotten it with this event: there is nothing to unsubscribe.
    if (isLast) this.#forget(upstream);
    for (const listener of upstream.listeners) listener.onEvent(result);
    if (isLast) endListeners(upstream, 'the subscription has told all that it had to tell');
  }

  #start(params: string): Upstream {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever waits gets the rejection from `subscribe`; without waiters it is nobody's error.
    promise.catch(() => {});
    const { rules, events } = this.#options;
    const kind = events.kind(params);
    const upstream: Upstream = {
      params,
      isLast:
        kind === undefined || events.isLast === undefined
          ? undefined
          : result => events.isLast?.(kind, result) === true,
      listeners: new Set(),
      id: undefined,
      confirmed: promise,
    };
    const call = rules.subscribe(params);
    this.#byParams.set(params, upstream);
    this.#unconfirmed++;
    const failed = (error: Error) => {
      this.#unconfirmed--;
      if (this.#byParams.get(params) === upstream) this.#byParams.delete(params);
      reject(error);
    };
    this.#connection.send(id => request(id, call.method, call.params), this.#options.timeoutMs, {
      isRepeatable: false,
      onSocketAnswer: (body, scanned) => {
        if (scanned.error !== undefined) {
          return failed(
            refusal(
              'subscribe_refused',
              this.#options.redact(scanned.error.message) || `error ${scanned.error.code}`,
              { rpcCode: scanned.error.code },
            ),
          );
        }
        // Registered here and not behind the promise: the next frame may be its first event.
        this.#confirm(upstream, idText(body.toString('utf8', scanned.resultStart, scanned.resultEnd)));
        resolve();
      },
      onSocketFailure: code => failed(refusal(code)),
    });
    return upstream;
  }

  #confirm(upstream: Upstream, id: string): void {
    this.#unconfirmed--;
    upstream.id = id;
    const known = this.#byId.get(id);
    if (upstream.listeners.size === 0) {
      if (known === undefined) this.#unsubscribe(upstream);
      else this.#forget(upstream);
      return;
    }
    if (known === undefined) this.#byId.set(id, new Set([upstream]));
    else known.add(upstream);
    const early = this.#early;
    this.#early = this.#unconfirmed === 0 ? [] : early.filter(event => event.subscription !== id);
    for (const event of early)
      if (event.subscription === id && this.#byId.get(id)?.has(upstream) === true)
        this.#tell(upstream, event.result);
  }

  #leave(upstream: Upstream, listener: StreamListener): void {
    if (!upstream.listeners.delete(listener) || upstream.listeners.size > 0 || upstream.id === undefined)
      return;
    const upstreams = this.#byId.get(upstream.id);
    // It is over already, or another one goes on under its id.
    if (upstreams?.has(upstream) !== true || upstreams.size > 1) this.#forget(upstream);
    else this.#unsubscribe(upstream);
  }

  #unsubscribe(upstream: Upstream): void {
    this.#forget(upstream);
    const { method, params } = this.#options.rules.unsubscribe(upstream.params, upstream.id!);
    this.#connection.notify(requestId => request(requestId, method, params).toString());
  }

  #forget(upstream: Upstream): void {
    if (this.#byParams.get(upstream.params) === upstream) this.#byParams.delete(upstream.params);
    const upstreams = this.#byId.get(upstream.id!);
    upstreams?.delete(upstream);
    if (upstreams?.size === 0) this.#byId.delete(upstream.id!);
  }
}

function endListeners(upstream: Upstream, reason: string): void {
  const listeners = [...upstream.listeners];
  upstream.listeners.clear();
  for (const listener of listeners) listener.onEnd(reason);
}

function refusal(
  code: ProviderErrorCode,
  message: string = providerErrors[code].sentence,
  details: Readonly<Record<string, unknown>> = {},
): TrunklineError<ProviderErrorCode> {
  return new TrunklineError(providerErrors, code, message, { details });
}

/** The text of a subscription id: servers use strings and numbers. */
function idText(json: string): string {
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}
