import { Backoff, type ReconnectOptions } from './backoff.ts';
import type { Environment } from './environment.ts';
import { mayRepeat } from './may-repeat.ts';
import type { RpcError } from './read-frame.ts';

/** What the server said to a request. */
export interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: RpcError;
}

/** A request that got no answer. `code` is EIP-1193's "disconnected". */
export class RpcSocketError extends Error {
  override readonly name = 'RpcSocketError';
  readonly code = 4900;
  /** `lost`: the connection broke behind it and it may not be repeated; `full`: too many wait already. */
  readonly reason: 'lost' | 'timeout' | 'full' | 'closed';

  constructor(reason: RpcSocketError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Pending {
  readonly text: string;
  readonly method: string;
  readonly resolve: (answer: RpcAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: unknown;
  /** When it was sent on the connection that is open; undefined: it waits for one. */
  sentAt: number | undefined;
}

/** Requests that wait for an answer at most; a further one fails at once. */
const maxPending = 10_000;

/**
 * JSON-RPC requests over a WebSocket that connects when it is needed, and again when it breaks. Reads in flight are then
 * sent again; a write fails, because it may have been applied.
 */
export class RpcSocket {
  readonly #url: string;
  readonly #environment: Environment;
  readonly #backoff: Backoff;
  readonly #minDelayMs: number;
  readonly #pending = new Map<number, Pending>();
  #socket: WebSocket | undefined;
  #isOpen = false;
  #retryTimer: unknown;
  #connectedAt = Number.NEGATIVE_INFINITY;
  #lastFrameAt = 0;
  #nextId = 1;
  #isClosed = false;

  constructor(url: string, reconnect: ReconnectOptions, environment: Environment) {
    this.#url = url;
    this.#environment = environment;
    this.#backoff = new Backoff(reconnect, environment.random);
    this.#minDelayMs = reconnect.minDelayMs ?? 250;
  }

  /** @throws RpcSocketError */
  request(method: string, params: unknown, timeoutMs: number): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new RpcSocketError('closed', 'the transport was closed');
      if (this.#pending.size >= maxPending)
        throw new RpcSocketError('full', `${maxPending} requests wait for an answer already`);
      const id = this.#nextId++;
      const timer = this.#environment.setTimeout(() => this.#onTimeout(id, timeoutMs), timeoutMs);
      const text = JSON.stringify({
        jsonrpc: '2.0',
        id,
        method,
        ...(params === undefined ? {} : { params }),
      });
      const pending: Pending = { text, method, resolve, reject, timer, sentAt: undefined };
      this.#pending.set(id, pending);
      if (this.#isOpen) this.#send(pending);
      else this.#connectSoon();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#pending.keys()])
      this.#fail(id, new RpcSocketError('closed', 'the transport was closed'));
    this.#dropSocket();
    this.#environment.clearTimeout(this.#retryTimer);
  }

  /** A request does not wait out the back-off of those before it. */
  #connectSoon(): void {
    if (this.#socket !== undefined) return;
    if (this.#environment.now() - this.#connectedAt < this.#minDelayMs && this.#retryTimer !== undefined)
      return;
    this.#connect();
  }

  #connect(): void {
    this.#environment.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#connectedAt = this.#environment.now();
    const socket = new this.#environment.WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      for (const pending of this.#pending.values()) this.#send(pending);
    };
    socket.onmessage = event => this.#onMessage(event.data);
    socket.onerror = () => this.#onLost();
    socket.onclose = () => this.#onLost();
  }

  #send(pending: Pending): void {
    pending.sentAt = this.#environment.now();
    this.#socket?.send(pending.text);
  }

  #onMessage(data: unknown): void {
    this.#lastFrameAt = this.#environment.now();
    this.#backoff.reset();
    let message: { readonly id?: unknown } & RpcAnswer;
    try {
      message = JSON.parse(String(data)) as typeof message;
    } catch {
      this.#onLost();
      return;
    }
    const pending = this.#take(message?.id);
    pending?.resolve(message);
  }

  #take(id: unknown): Pending | undefined {
    const pending = this.#pending.get(id as number);
    if (pending === undefined) return undefined;
    this.#pending.delete(id as number);
    this.#environment.clearTimeout(pending.timer);
    return pending;
  }

  #fail(id: number, error: unknown): void {
    this.#take(id)?.reject(error);
  }

  #onTimeout(id: number, timeoutMs: number): void {
    const { sentAt, method } = this.#pending.get(id)!;
    this.#fail(id, new RpcSocketError('timeout', `no answer to ${method} within ${timeoutMs} ms`));
    // Not a word since it was sent: the connection may be dead without knowing.
    if (sentAt !== undefined && this.#lastFrameAt <= sentAt) this.#onLost();
  }

  #onLost(): void {
    this.#dropSocket();
    for (const [id, { method, sentAt }] of [...this.#pending]) {
      if (sentAt !== undefined && !mayRepeat(method))
        this.#fail(
          id,
          new RpcSocketError('lost', `the connection broke behind ${method}; it may have been applied`),
        );
    }
    if (this.#pending.size === 0) return;
    for (const pending of this.#pending.values()) pending.sentAt = undefined;
    this.#retryTimer = this.#environment.setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // A socket that is closed while it connects says so as an error.
    socket.onerror = () => {};
    socket.close();
  }
}
