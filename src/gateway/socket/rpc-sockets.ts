import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { GaugeCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallPipeline } from '../call-pipeline.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { gatewayMetrics } from '../metrics.ts';
import { SocketSession, type SocketSessionEvents, type SocketSessionOptions } from './socket-session.ts';

export interface RpcSocketsOptions extends SocketSessionOptions {
  /** `server.ws.max_payload`: bytes of one message. Beyond it the socket is closed with 1009. */
  readonly maxPayload: number;
  /** `server.ws.ping_interval`, milliseconds. */
  readonly pingIntervalMs: number;
}

interface Dependencies {
  readonly pipeline: CallPipeline;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** All client WebSockets of `/rpc/<chain>`: accepts, pings, drains. */
export class RpcSockets {
  readonly #server: WebSocketServer;
  readonly #sessions = new Set<SocketSession>();
  /** For sockets accepted from now on; `maxPayload` and `pingIntervalMs` stay those of the start. */
  options: RpcSocketsOptions;
  readonly #deps: Dependencies;
  readonly #events: SocketSessionEvents;
  readonly #timer: TimerHandle;

  constructor(options: RpcSocketsOptions, dependencies: Dependencies) {
    this.options = options;
    this.#deps = dependencies;
    const { metrics, clock } = dependencies;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Deflate costs memory per socket and opens the door to bombs; JSON-RPC clients work without it.
      perMessageDeflate: false,
      maxPayload: options.maxPayload,
      maxFragments: 1_024,
      maxBufferedChunks: 16_384,
    });
    const messages = {
      in: metrics.counter(gatewayMetrics.socketMessages, { direction: 'in' }),
      out: metrics.counter(gatewayMetrics.socketMessages, { direction: 'out' }),
    };
    const slow = metrics.counter(gatewayMetrics.slowClients);
    const subscriptions = new Map<string, { count: number; cell: GaugeCell }>();
    this.#events = {
      onClosed: session => this.#sessions.delete(session),
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
    metrics.gauge(gatewayMetrics.connections, { transport: 'websocket' }, () => this.#sessions.size);
    this.#timer = clock.setInterval(() => {
      for (const session of this.#sessions) session.checkAlive();
    }, options.pingIntervalMs);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Completes the handshake of an upgrade request and gives the socket a session. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, chain: ChainRuntime): void {
    this.#server.handleUpgrade(request, socket, head, client => {
      this.#sessions.add(new SocketSession(client, chain, this.options, this.#events, this.#deps));
    });
  }

  /** Ends the sockets of a chain that was taken out of the config. */
  closeChain(chain: ChainRuntime): void {
    for (const session of this.#sessions) {
      if (session.chain === chain) session.close(1001, 'the chain was removed');
    }
  }

  /** Closes each socket with 1001 once its calls in flight are answered; at `deadlineMs` the rest is cut. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#deps;
    const end = clock.now() + deadlineMs;
    for (;;) {
      for (const session of this.#sessions) session.drain();
      if (this.#sessions.size === 0) break;
      if (clock.now() >= end) {
        for (const session of this.#sessions) session.terminate();
        break;
      }
      await new Promise<void>(resolve => clock.setTimeout(resolve, 20));
    }
  }

  close(): void {
    this.#deps.clock.clearInterval(this.#timer);
    for (const session of this.#sessions) session.terminate();
    this.#server.close();
  }
}
