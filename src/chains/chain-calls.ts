/** How a call of Trunkline's own is made. */
export interface ChainCallOptions {
  /** Milliseconds for the whole call, over all providers. @default 5000 */
  readonly timeoutMs?: number;
  /** Only this provider is asked. */
  readonly useProvider?: string;
  /** Providers that are not asked. */
  readonly avoid?: readonly string[];
  readonly signal?: AbortSignal;
  /** Told which provider answered, before the call resolves. */
  readonly onAnswer?: (provider: string) => void;
}

/** Calls of Trunkline's own to a chain: they go the way of every client's, over all providers of the chain. */
export interface ChainCalls {
  /**
   * The result, parsed; `null` where the chain says so.
   * @param params the params as they are sent, to be turned into JSON
   * @throws TrunklineError `own_call_failed`; `details.rpcCode` is the upstream's error code where an upstream answered, and
   * the message is in its words
   */
  call(method: string, params: readonly unknown[], options?: ChainCallOptions): Promise<unknown>;
}
