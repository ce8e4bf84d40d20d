import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ClientSockets, type ClientSocketsOptions } from '../socket/client-sockets.ts';
import {
  FeedSession,
  type FeedSessionDependencies,
  type FeedSessionEvents,
  type FeedSessionOptions,
} from './feed-session.ts';

export type FeedSocketsOptions = FeedSessionOptions & ClientSocketsOptions;

interface Dependencies extends FeedSessionDependencies {
  readonly metrics: MetricRegistry;
}

/** All client WebSockets of `/feed`: accepts, pings, drains. */
export class FeedSockets {
  readonly #sockets: ClientSockets<FeedSession>;
  readonly #deps: Dependencies;
  readonly #events: FeedSessionEvents;
  /** For sockets accepted from now on; `maxPayload` and `pingIntervalMs` stay those of the start. */
  options: FeedSocketsOptions;

  constructor(options: FeedSocketsOptions, deps: Dependencies) {
    this.options = options;
    this.#deps = deps;
    this.#sockets = new ClientSockets(options, deps.clock);
    const messages = {
      in: deps.metrics.counter(gatewayMetrics.socketMessages, { direction: 'in' }),
      out: deps.metrics.counter(gatewayMetrics.socketMessages, { direction: 'out' }),
    };
    const slow = deps.metrics.counter(gatewayMetrics.slowClients);
    this.#events = {
      onClosed: session => this.#sockets.delete(session),
      onSlowClient: () => slow.inc(),
      onMessage: direction => messages[direction].inc(),
    };
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Completes the handshake of an upgrade request and gives the socket a session. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.accept(
      request,
      socket,
      head,
      (client, raw) => new FeedSession(client, raw, this.options, this.#events, this.#deps),
    );
  }

  /** Tells each client where to go on and closes its socket with 1001; at `deadlineMs` the rest is cut. */
  drain(deadlineMs: number): Promise<void> {
    return this.#sockets.drain(deadlineMs);
  }

  close(): void {
    this.#sockets.close();
  }
}
