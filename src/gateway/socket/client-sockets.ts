import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock, TimerHandle } from '../../clock/clock.ts';

export interface ClientSocketsOptions {
  /** `server.ws.max_payload`: bytes of one message. Beyond it the socket is closed with 1009. */
  readonly maxPayload: number;
  /** `server.ws.ping_interval`, milliseconds. */
  readonly pingIntervalMs: number;
}

/** A session over one client's WebSocket. */
export interface ClientSession {
  /** Called at each ping interval. */
  checkAlive(): void;
  /** Ends it in order, as soon as it can; called again and again until it is gone. */
  drain(): void;
  terminate(): void;
}

/** How often it is looked whether the sessions that drain are gone. */
const drainPollMs = 20;

/** The client WebSockets of one kind: completes handshakes, pings, drains, cuts off. */
export class ClientSockets<Session extends ClientSession> {
  readonly #server: WebSocketServer;
  readonly #sessions = new Set<Session>();
  readonly #clock: Clock;
  readonly #timer: TimerHandle;

  constructor(options: ClientSocketsOptions, clock: Clock) {
    this.#clock = clock;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Deflate costs memory per socket and opens the door to bombs; JSON-RPC clients work without it.
      perMessageDeflate: false,
      maxPayload: options.maxPayload,
      maxFragments: 1_024,
      maxBufferedChunks: 16_384,
    });
    this.#timer = clock.setInterval(() => {
      for (const session of this.#sessions) session.checkAlive();
    }, options.pingIntervalMs);
  }

  get size(): number {
    return this.#sessions.size;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions;
  }

  /** Completes the handshake of an upgrade request; `open` makes the session of the WebSocket over `socket`. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    open: (client: WebSocket, socket: Duplex) => Session,
  ): void {
    this.#server.handleUpgrade(request, socket, head, client => this.#sessions.add(open(client, socket)));
  }

  /** Forgets a session whose connection is gone. */
  delete(session: Session): void {
    this.#sessions.delete(session);
  }

  /** Has every session drain; at `deadlineMs` the rest is cut off. */
  async drain(deadlineMs: number): Promise<void> {
    const end = this.#clock.now() + deadlineMs;
    for (;;) {
      for (const session of this.#sessions) session.drain();
      if (this.#sessions.size === 0) break;
      if (this.#clock.now() >= end) {
        for (const session of this.#sessions) session.terminate();
        break;
      }
      await new Promise<void>(resolve => this.#clock.setTimeout(resolve, drainPollMs));
    }
  }

  /** Cuts off everything. */
  close(): void {
    this.#clock.clearInterval(this.#timer);
    for (const session of this.#sessions) session.terminate();
    this.#server.close();
  }
}
