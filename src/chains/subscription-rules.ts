/** A call as it is sent upstream: `params` is a JSON array. */
export interface UpstreamMethod {
  readonly method: string;
  readonly params: string;
}

/** What stands before and behind an event's result in a notification. */
export interface NotificationFrame {
  readonly prefix: string;
  readonly suffix: string;
}

/** A stream whose events the event feed has; `criteria` as the client wrote them. */
export type FeedStream =
  | { readonly kind: 'heads' }
  | { readonly kind: 'logs'; readonly criteria: unknown }
  | { readonly kind: 'pending' };

/**
 * How a family's clients and providers speak of subscriptions. Above this a stream is one JSON array whose first element
 * is its name, such as `["logs",{…}]` or `["logsSubscribe",{…},{…}]`, and a subscription's id is text.
 */
export interface SubscriptionRules {
  /** The stream of new heads. */
  readonly heads: string;
  /** How the ids look that clients get of Trunkline. */
  readonly idForm: 'hex' | 'number';
  /** What a client is told whose id of a subscription is unknown. */
  readonly unknownId: string;
  /** What a client's method asks for; undefined: no method of subscriptions. */
  action(method: string): 'subscribe' | 'unsubscribe' | undefined;
  /**
   * The stream that a client's call asks for, not canonical; undefined: the params cannot be a stream's.
   * @param params valid JSON, or undefined: the call has none
   */
  stream(method: string, params: string | undefined): string | undefined;
  /** How a stream is subscribed at a provider. */
  subscribe(stream: string): UpstreamMethod;
  /** How it ends; `id`: the text of the provider's id. */
  unsubscribe(stream: string, id: string): UpstreamMethod;
  /** What a client reads around an event of a stream; `id`: of Trunkline's own. */
  notification(stream: string, id: string): NotificationFrame;
  /** The stream of the event feed that brings the same events as this one; undefined: it has none. */
  feedStream(stream: readonly unknown[]): FeedStream | undefined;
  /**
   * The JSON-RPC code for a client whose stream every provider refused.
   * @param upstreamCode that of the last one's answer; undefined: it gave none
   */
  refusalCode(upstreamCode: number | undefined): number;
}
