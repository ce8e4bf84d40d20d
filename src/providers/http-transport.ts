import { Client, type Dispatcher } from 'undici';
import type { DeadlineWheel } from '../clock/deadline-wheel.ts';
import type { ProviderErrorCode } from './errors.ts';
import { type ExchangeOwner, HttpExchange, type HttpReceiver } from './http-exchange.ts';
import { InFlight } from './in-flight.ts';

/** Where and how requests are posted. */
export interface HttpTransportOptions {
  /** The provider's address; holds a key, so it is never logged. */
  readonly url: string;
  /** Headers added to each request, e.g. an authorization. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Connections at most. */
  readonly connections: number;
  /** Requests that may wait for a connection; one more fails with `queue_full`. */
  readonly maxQueued: number;
  /** Milliseconds for TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly keepAliveMs: number;
  /** Bytes of a response's body; one more fails with `response_too_large`. */
  readonly maxResponseBytes: number;
}

/**
 * Posts JSON-RPC requests over kept-alive HTTP/1.1 connections of its own: one request a connection at a time,
 * redirects not followed. The newest free connection is taken first, so the idle ones can time out.
 */
export class HttpTransport implements ExchangeOwner {
  readonly maxResponseBytes: number;
  /** Whether it is known to lead to the right chain; its health process decides. */
  isTrusted = false;
  /** Responses whose head arrived, ever; standing still under load means that the provider has gone silent. */
  signsOfLife = 0;
  readonly #options: HttpTransportOptions;
  readonly #deadlines: DeadlineWheel;
  readonly #request: Omit<Dispatcher.DispatchOptions, 'body'>;
  readonly #origin: string;
  readonly #clients: Client[] = [];
  readonly #free: Client[] = [];
  readonly #running = new InFlight<HttpExchange>();
  readonly #waiting = new Set<HttpExchange>();
  #isClosed = false;

  constructor(options: HttpTransportOptions, { deadlines }: { deadlines: DeadlineWheel }) {
    this.#options = options;
    this.#deadlines = deadlines;
    this.maxResponseBytes = options.maxResponseBytes;
    const url = new URL(options.url);
    this.#origin = url.origin;
    this.#request = {
      path: url.pathname + url.search,
      method: 'POST',
      headers: requestHeaders(url, options.headers ?? {}),
      idempotent: false,
      blocking: false,
      // The deadline of each exchange is ours: undici's timers restart with every byte, so a dripping body would never end.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  /** Requests sent or waiting for a connection. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Requests that wait for a connection. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Posts `payload`; the receiver hears within `timeoutMs` (to a tick of the wheel) unless the exchange is cancelled. */
  send(payload: Buffer, timeoutMs: number, now: number, receiver: HttpReceiver): HttpExchange {
    const exchange = new HttpExchange(this, receiver, payload);
    this.#running.add(exchange);
    this.#deadlines.add(exchange, timeoutMs, now);
    if (this.#isClosed) queueMicrotask(() => exchange.fail('provider_stopped'));
    else {
      const client = this.#free.pop() ?? this.#grow();
      if (client !== undefined) this.#dispatch(client, exchange);
      else if (this.#waiting.size < this.#options.maxQueued) this.#waiting.add(exchange);
      else queueMicrotask(() => exchange.fail('queue_full'));
    }
    return exchange;
  }

  /** Fails what runs and may be repeated elsewhere. */
  failRunning(code: ProviderErrorCode): void {
    // Those that wait go first, or the connections that come free would be given to them.
    for (const exchange of [...this.#waiting, ...this.#running.snapshot()])
      if (exchange.isRepeatable) exchange.fail(code);
  }

  /** Fails what runs and closes all connections. */
  close(): void {
    this.#isClosed = true;
    for (const exchange of [...this.#waiting, ...this.#running.snapshot()]) exchange.fail('provider_stopped');
    for (const client of this.#clients) client.destroy().catch(() => {});
    this.#clients.length = 0;
    this.#free.length = 0;
  }

  onSignOfLife(): void {
    this.signsOfLife++;
  }

  onSettled(exchange: HttpExchange): void {
    this.#running.delete(exchange);
    if (this.#waiting.size > 0) this.#waiting.delete(exchange);
    this.#deadlines.remove(exchange);
  }

  release(client: Client, isSound: boolean): void {
    if (this.#isClosed) return;
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      this.#dispatch(client, next);
      return;
    }
    if (isSound) this.#free.push(client);
    else this.#free.unshift(client);
  }

  #dispatch(client: Client, exchange: HttpExchange): void {
    exchange.assign(client);
    client.dispatch({ ...this.#request, body: exchange.payload }, exchange);
  }

  #grow(): Client | undefined {
    if (this.#clients.length >= this.#options.connections) return undefined;
    const client = new Client(this.#origin, {
      allowH2: false,
      pipelining: 1,
      connectTimeout: this.#options.connectTimeoutMs,
      keepAliveTimeout: this.#options.keepAliveMs,
      keepAliveMaxTimeout: this.#options.keepAliveMs,
      maxResponseSize: this.#options.maxResponseBytes,
    });
    this.#clients.push(client);
    return client;
  }
}

function requestHeaders(url: URL, extra: Readonly<Record<string, string>>): string[] {
  const headers = ['content-type', 'application/json'];
  if (url.username !== '' || url.password !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.push('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }
  for (const [name, value] of Object.entries(extra)) headers.push(name.toLowerCase(), value);
  return headers;
}
