import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GaugeCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ClientSockets, type ClientSocketsOptions } from './client-sockets.ts';
import {
  SocketSession,
  type SocketSessionDependencies,
  type SocketSessionEvents,
  type SocketSessionOptions,
} from './socket-session.ts';

export type RpcSocketsOptions = SocketSessionOptions & ClientSocketsOptions;

interface Dependencies extends SocketSessionDependencies {
  readonly metrics: MetricRegistry;
}

/** All client WebSockets of `/rpc/<chain>`: accepts, pings, drains. */
export class RpcSockets {
  readonly #sockets: ClientSockets<SocketSession>;
  /** For sockets accepted from now on; `maxPayload` and `pingIntervalMs` stay those of the start. */
  options: RpcSocketsOptions;
  readonly #deps: Dependencies;
  readonly #events: SocketSessionEvents;

  constructor(options: RpcSocketsOptions, dependencies: Dependencies) {
    this.options = options;
    this.#deps = dependencies;
    const { metrics, clock } = dependencies;
    this.#sockets = new ClientSockets(options, clock);
    const messages = {
      in: metrics.counter(gatewayMetrics.socketMessages, { direction: 'in' }),
      out: metrics.counter(gatewayMetrics.socketMessages, { direction: 'out' }),
    };
    const slow = metrics.counter(gatewayMetrics.slowClients);
    const subscriptions = new Map<string, { count: number; cell: GaugeCell }>();
    this.#events = {
      onClosed: session => this.#sockets.delete(session),
      onSlowClient: () => slow.inc(),
      onMessage: direction => messages[direction].inc(),
      onSubscriptions: (chain, by) => {
        let entry = subscriptions.get(chain);
        if (entry === undefined) {
          entry = { count: 0, cell: metrics.gauge(gatewayMetrics.subscriptions, { chain }) };
          subscriptions.set(chain, entry);
        }
        entry.count += by;
        entry.cell.set(entry.count);
      },
    };
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Completes the handshake of an upgrade request and gives the socket a session. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, chain: ChainRuntime): void {
    this.#sockets.accept(
      request,
      socket,
      head,
      (client, stream) => new SocketSession(client, stream, chain, this.options, this.#events, this.#deps),
    );
  }

  /** Ends the sockets of a chain that was taken out of the config. */
  closeChain(chain: ChainRuntime): void {
    for (const session of this.#sockets.sessions) {
      if (session.chain === chain) session.close(1001, 'the chain was removed');
    }
  }

  /** Closes each socket with 1001 once its calls in flight are answered; at `deadlineMs` the rest is cut. */
  drain(deadlineMs: number): Promise<void> {
    return this.#sockets.drain(deadlineMs);
  }

  close(): void {
    this.#sockets.close();
  }
}
