/** Takes the events of one subscription. */
export interface StreamListener {
  /** The `result` of one notification, as the provider's bytes. The buffer may be a view into a larger one: copy it to keep it. */
  onEvent(result: Buffer): void;
  /** The subscription is over and will not come back by itself; called once, never after `cancel()`. */
  onEnd(reason: string): void;
}

/** A running subscription. */
export interface StreamHandle {
  /** Ends it: no event after this. */
  cancel(): void;
}

/** What a provider's WebSocket offers upwards. */
export interface StreamSource {
  readonly providerId: string;
  /** The WebSocket is connected and the provider is known to serve the right chain. */
  readonly isOpen: boolean;
  /** Calls `listener` after each change of `isOpen`; returns a way to stop. */
  onStateChange(listener: (isOpen: boolean) => void): () => void;
  /**
   * Subscribes to a stream of the chain's family, e.g. `["logs",{…}]`. Equal text shares one upstream subscription.
   * @throws TrunklineError `websocket_closed`, `upstream_subscription_limit`, `attempt_timeout` or `subscribe_refused`.
   */
  subscribe(paramsJson: string, listener: StreamListener): Promise<StreamHandle>;
}
