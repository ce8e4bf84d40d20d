import { WebSocket } from 'ws';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import type { DeadlineWheel } from '../clock/deadline-wheel.ts';
import { scanFrame } from '../protocol/json-rpc/scan-notification.ts';
import type { ProviderErrorCode } from './errors.ts';
import { SocketExchange, type SocketReceiver } from './socket-exchange.ts';

/** How a WebSocket to a provider is held. */
export interface SocketOptions {
  /** The provider's address; holds a key, so it is never logged. */
  readonly url: string;
  /** Headers of the handshake. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the connection and its handshake. */
  readonly connectTimeoutMs: number;
  /** Milliseconds between two pings. */
  readonly pingIntervalMs: number;
  /** Milliseconds without a sign of life after a ping that end the connection. */
  readonly pingTimeoutMs: number;
  /** Bytes of one message; a larger one closes the connection. */
  readonly maxPayloadBytes: number;
  /** Requests that may wait for their answer; one more is refused with `websocket_busy`. @default 4096 */
  readonly maxPending?: number;
  /** Unsent bytes at which requests are refused with `websocket_busy`. @default 16777216 */
  readonly maxBufferedBytes?: number;
}

/** Why a connection is over; safe to show. */
export type SocketEnd =
  | 'unreachable'
  | 'handshake_refused'
  | 'closed'
  | 'silent'
  | 'protocol_error'
  | 'stopped';

/** What a connection tells its holder. */
export interface SocketEvents {
  onOpen(): void;
  /** Called once; all its requests have failed by then. */
  onEnd(end: SocketEnd): void;
  onNotification(subscription: string, result: Buffer): void;
  /** A response arrived, whoever waits for it. */
  onResponse(): void;
  /** A frame that nobody waits for, or that is not JSON-RPC. */
  onDropped(): void;
}

/** One WebSocket connection to a provider, from its handshake to its end; requests are told apart by ids of its own. */
export class SocketConnection {
  readonly #options: SocketOptions;
  readonly #clock: Clock;
  readonly #deadlines: DeadlineWheel;
  readonly #events: SocketEvents;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, SocketExchange>();
  #nextId = 1;
  #isAlive = false;
  #isEnded = false;
  #pingTimer: TimerHandle | undefined;
  #pongTimer: TimerHandle | undefined;

  constructor(
    options: SocketOptions,
    { clock, deadlines }: { clock: Clock; deadlines: DeadlineWheel },
    events: SocketEvents,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#events = events;
    this.#socket = new WebSocket(options.url, {
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: options.connectTimeoutMs,
      maxPayload: options.maxPayloadBytes,
      headers: { ...options.headers },
    });
    this.#listen();
  }

  get isOpen(): boolean {
    return !this.#isEnded && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Sends one request.
   * @param write Makes its text, given the id that it has to carry.
   */
  send(write: (id: number) => Buffer | string, timeoutMs: number, receiver: SocketReceiver): SocketExchange {
    const exchange = new SocketExchange(this.#nextId++, receiver, this.#onSettled);
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      queueMicrotask(() => exchange.fail(refusal));
      return exchange;
    }
    this.#pending.set(exchange.id, exchange);
    this.#deadlines.add(exchange, timeoutMs, this.#clock.now());
    exchange.sent = true;
    this.#socket.send(write(exchange.id), { binary: false });
    return exchange;
  }

  /** Sends a request whose answer does not matter. */
  notify(write: (id: number) => string): void {
    if (this.isOpen) this.#socket.send(write(this.#nextId++));
  }

  /** Fails what runs and may be repeated elsewhere. */
  failRunning(code: ProviderErrorCode): void {
    for (const exchange of [...this.#pending.values()]) if (exchange.isRepeatable) exchange.fail(code);
  }

  /** Ends the connection at once. */
  terminate(end: SocketEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#clock.clearInterval(this.#pingTimer);
    this.#clock.clearTimeout(this.#pongTimer);
    this.#socket.terminate();
    for (const exchange of [...this.#pending.values()]) exchange.fail('websocket_closed');
    this.#events.onEnd(end);
  }

  readonly #onSettled = (exchange: SocketExchange): void => {
    this.#pending.delete(exchange.id);
    this.#deadlines.remove(exchange);
  };

  #refusal(): ProviderErrorCode | undefined {
    if (!this.isOpen) return 'websocket_closed';
    if (this.#pending.size >= (this.#options.maxPending ?? 4096)) return 'websocket_busy';
    if (this.#socket.bufferedAmount > (this.#options.maxBufferedBytes ?? 16 * 1024 * 1024))
      return 'websocket_busy';
    return undefined;
  }

  #listen(): void {
    const socket = this.#socket;
    let end: SocketEnd = 'unreachable';
    socket.on('open', () => {
      end = 'closed';
      this.#isAlive = true;
      this.#pingTimer = this.#clock.setInterval(() => this.#ping(), this.#options.pingIntervalMs);
      this.#events.onOpen();
    });
    socket.on('message', (data, isBinary) => {
      this.#isAlive = true;
      if (isBinary) this.#events.onDropped();
      else this.#onFrame(data as Buffer);
    });
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('unexpected-response', request => {
      end = 'handshake_refused';
      request.destroy();
      this.terminate(end);
    });
    // The text of a socket's error may hold the provider's address: only its kind goes on.
    socket.on('error', error => {
      if ('code' in error && String(error.code).startsWith('WS_ERR_')) end = 'protocol_error';
    });
    socket.on('close', () => this.terminate(end));
  }

  #onFrame(data: Buffer): void {
    const frame = scanFrame(data);
    if (frame === undefined) {
      this.#events.onDropped();
      return;
    }
    if (frame.kind === 'notification') {
      this.#events.onNotification(frame.subscription, data.subarray(frame.resultStart, frame.resultEnd));
      return;
    }
    this.#events.onResponse();
    const { idStart, idEnd } = frame.response;
    const exchange = this.#pending.get(Number(data.toString('latin1', idStart, idEnd)));
    if (exchange === undefined) this.#events.onDropped();
    else exchange.answer(data, frame.response);
  }

  #ping(): void {
    if (this.#pongTimer !== undefined || !this.isOpen) return;
    this.#isAlive = false;
    this.#socket.ping();
    this.#pongTimer = this.#clock.setTimeout(() => {
      this.#pongTimer = undefined;
      if (!this.#isAlive) this.terminate('silent');
    }, this.#options.pingTimeoutMs);
  }
}
