import type { ChainFamily } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeadlineWheel } from '../clock/deadline-wheel.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { scanRequest } from '../protocol/json-rpc/scan-request.ts';
import { replaceId } from '../protocol/json-rpc/write.ts';
import type { CounterCell } from '../telemetry/metrics.ts';
import { type ProviderErrorCode, providerErrors } from './errors.ts';
import { SocketConnection, type SocketEnd, type SocketOptions } from './socket-connection.ts';
import type { SocketExchange, SocketReceiver } from './socket-exchange.ts';
import type { StreamHandle, StreamListener, StreamSource } from './stream-source.ts';
import { UpstreamSubscriptions } from './upstream-subscriptions.ts';

/** How a provider's WebSocket is used, beside how it is held. */
export interface UpstreamSocketOptions extends SocketOptions {
  readonly providerId: string;
  /** Distinct upstream subscriptions. @default 1000 */
  readonly maxSubscriptions?: number;
  /** Milliseconds for the provider to confirm a subscription. @default 5000 */
  readonly subscribeTimeoutMs?: number;
  /** Takes secrets out of what the provider says. */
  readonly redact: (text: string) => string;
  readonly family: Pick<ChainFamily, 'events' | 'subscriptions'>;
}

/** What the process behind a socket hears. */
export interface SocketOwner {
  onOpen(): void;
  onEnd(end: SocketEnd): void;
}

const requestLimits = { maxDepth: 1024, maxBatch: 1 };

/**
 * A provider's WebSocket over all its connections: what the rest of the house holds on to. Its process connects it;
 * without one it is closed. A connection that ends takes its requests and subscriptions with it.
 */
export class UpstreamSocket implements StreamSource {
  readonly providerId: string;
  /** The health process listens here for connections whose chain is still to be verified. */
  onConnected: () => void = () => {};
  /** The health process listens here for connections that ended or were refused: the provider may be gone. */
  onDisconnected: () => void = () => {};
  /** Responses that arrived, ever, over all connections; events of subscriptions are none. */
  signsOfLife = 0;
  readonly #options: UpstreamSocketOptions;
  readonly #deps: { clock: Clock; deadlines: DeadlineWheel };
  readonly #cells: { events: CounterCell; dropped: CounterCell };
  readonly #listeners = new Set<(isOpen: boolean) => void>();
  #owner: SocketOwner | undefined;
  #connection: SocketConnection | undefined;
  #subscriptions: UpstreamSubscriptions | undefined;
  #isTrusted = false;
  #wasOpen = false;

  constructor(
    options: UpstreamSocketOptions,
    deps: { clock: Clock; deadlines: DeadlineWheel },
    cells: { events: CounterCell; dropped: CounterCell },
  ) {
    this.providerId = options.providerId;
    this.#options = options;
    this.#deps = deps;
    this.#cells = cells;
  }

  /** Connected, whatever the provider's chain: good for probes. */
  get isConnected(): boolean {
    return this.#connection?.isOpen === true;
  }

  get isOpen(): boolean {
    return this.#isTrusted && this.isConnected;
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#connection?.pending ?? 0;
  }

  get subscriptionCount(): number {
    return this.#subscriptions?.size ?? 0;
  }

  /** Whether this connection is known to lead to the right chain; until then it is not open to others. */
  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** The health process decides, anew for each connection. */
  set isTrusted(isTrusted: boolean) {
    this.#isTrusted = isTrusted;
    this.#announce();
    if (!isTrusted) this.#subscriptions?.end('the provider may serve another chain');
  }

  onStateChange(listener: (isOpen: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async subscribe(paramsJson: string, listener: StreamListener): Promise<StreamHandle> {
    if (!this.isOpen || this.#subscriptions === undefined) {
      throw new TrunklineError(providerErrors, 'websocket_closed', providerErrors.websocket_closed.sentence);
    }
    return this.#subscriptions.subscribe(paramsJson, listener);
  }

  /** Sends a complete request; its id on the wire is the connection's own. Only while connected. */
  send(payload: Buffer, timeoutMs: number, receiver: SocketReceiver): SocketExchange {
    const scanned = scanRequest(payload, requestLimits);
    if (scanned.kind !== 'call') throw new TypeError('the payload is not one JSON-RPC request');
    return this.#connection!.send(id => replaceId(payload, scanned.call, String(id)), timeoutMs, receiver);
  }

  /** Fails what runs and may be repeated elsewhere; the connection and its subscriptions stay. */
  failRunning(code: ProviderErrorCode): void {
    this.#connection?.failRunning(code);
  }

  /** Starts a connection; an earlier one ends. */
  connect(owner: SocketOwner): void {
    this.#owner = undefined;
    this.#connection?.terminate('stopped');
    this.#owner = owner;
    this.#isTrusted = false;
    const connection = new SocketConnection(this.#options, this.#deps, {
      onOpen: () => {
        this.#owner?.onOpen();
        this.onConnected();
      },
      onEnd: end => this.#onEnd(connection, end),
      onNotification: (subscription, result) => {
        this.#cells.events.inc();
        if (this.#subscriptions?.deliver(subscription, result) !== true) this.#cells.dropped.inc();
      },
      onResponse: () => {
        this.signsOfLife++;
      },
      onDropped: () => this.#cells.dropped.inc(),
    });
    this.#connection = connection;
    this.#subscriptions = new UpstreamSubscriptions(
      {
        timeoutMs: this.#options.subscribeTimeoutMs ?? 5000,
        redact: this.#options.redact,
        rules: this.#options.family.subscriptions,
        events: this.#options.family.events,
        ...(this.#options.maxSubscriptions === undefined
          ? {}
          : { maxSubscriptions: this.#options.maxSubscriptions }),
      },
      connection,
    );
  }

  /** Its process is gone: the connection ends. Ignored when another process owns it already. */
  disown(owner: SocketOwner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    this.#connection?.terminate('stopped');
  }

  /** Ends the connection for good. */
  close(): void {
    this.#owner = undefined;
    this.#connection?.terminate('stopped');
  }

  #onEnd(connection: SocketConnection, end: SocketEnd): void {
    if (this.#connection !== connection) return;
    const subscriptions = this.#subscriptions;
    const owner = this.#owner;
    this.#connection = undefined;
    this.#subscriptions = undefined;
    this.#isTrusted = false;
    this.#announce();
    subscriptions?.end(`the provider's WebSocket ended: ${end}`);
    owner?.onEnd(end);
    if (owner !== undefined) this.onDisconnected();
  }

  #announce(): void {
    const isOpen = this.isOpen;
    if (isOpen === this.#wasOpen) return;
    this.#wasOpen = isOpen;
    for (const listener of [...this.#listeners]) listener(isOpen);
  }
}
