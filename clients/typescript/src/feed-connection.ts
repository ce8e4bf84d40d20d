import type { Environment } from './environment.ts';
import { FeedError } from './feed-error.ts';
import type { FeedItem } from './feed-item.ts';
import { type FeedFrame, type RpcError, readFrame } from './read-frame.ts';

/** How a connection that went silent is noticed. */
export interface HeartbeatOptions {
  /** Milliseconds of silence after which the server is asked for a sign of life. @default 15000 */
  readonly idleMs?: number | undefined;
  /** Milliseconds that it, or a connection's beginning, may take. @default 10000 */
  readonly answerMs?: number | undefined;
}

/** What a connection tells. After `onEnd` nothing more comes. */
export interface ConnectionListener {
  /** The subscription was made and begins behind `cursor`. */
  onLive(cursor: string): void;
  /** `size`: length of its message. */
  onItem(item: FeedItem, size: number): void;
  /** The server says that everything up to `cursor` was sent. */
  onPosition(cursor: string): void;
  /** `wasOpen`: there was a connection; `failure`: trying again will not help. */
  onEnd(reason: string, wasOpen: boolean, failure: FeedError | undefined): void;
}

const subscribeId = 1;
const infoId = 2;

/** One WebSocket to `/feed` with one subscription, from its beginning to its end. */
export class FeedConnection {
  readonly #socket: WebSocket;
  readonly #listener: ConnectionListener;
  readonly #environment: Environment;
  readonly #idleMs: number;
  readonly #answerMs: number;
  #lastFrameAt: number;
  #isAsking = true;
  #timer: unknown;
  #subscription: string | undefined;
  #closingReason: string | undefined;
  #wasOpen = false;
  #isEnded = false;

  /** @param params of `feed_subscribe` @throws FeedError `url_invalid` */
  constructor(
    url: string,
    params: Readonly<Record<string, unknown>>,
    listener: ConnectionListener,
    heartbeat: HeartbeatOptions,
    environment: Environment,
  ) {
    this.#listener = listener;
    this.#environment = environment;
    this.#idleMs = heartbeat.idleMs ?? 15_000;
    this.#answerMs = heartbeat.answerMs ?? 10_000;
    this.#lastFrameAt = environment.now();
    try {
      this.#socket = new environment.WebSocket(url);
    } catch (cause) {
      throw new FeedError('url_invalid', `cannot connect to "${url}": ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#socket.onopen = () => {
      this.#wasOpen = true;
      this.#send(subscribeId, 'feed_subscribe', params);
    };
    this.#socket.onmessage = event => this.#onMessage(event.data);
    this.#socket.onerror = () => this.#end('no connection, or it broke');
    this.#socket.onclose = event => this.#end(this.#closingReason ?? describeClose(event));
    this.#timer = environment.setTimeout(() => this.#watch(), this.#answerMs);
  }

  /** Ends it without a word to the listener. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#environment.clearTimeout(this.#timer);
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    // A socket that is closed while it connects says so as an error.
    this.#socket.onerror = () => {};
    this.#socket.close();
  }

  #send(id: number, method: string, params: unknown): void {
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  #onMessage(data: unknown): void {
    if (this.#isEnded || typeof data !== 'string') return;
    this.#lastFrameAt = this.#environment.now();
    this.#isAsking = false;
    let frame: FeedFrame;
    try {
      frame = readFrame(data);
    } catch {
      this.#end('the server sent something that is not JSON');
      return;
    }
    if (frame.kind === 'item') this.#listener.onItem(frame.item, data.length);
    else if (frame.kind === 'response' && frame.id === subscribeId)
      this.#onSubscribed(frame.result, frame.error);
    else if (frame.kind === 'closing') this.#onClosing(frame.reason, frame.cursors);
  }

  #onSubscribed(result: unknown, error: RpcError | undefined): void {
    if (error !== undefined) {
      const failure = permanentFailure(error);
      this.#end(error.message, failure);
      return;
    }
    const { subscription, cursor } = result as { subscription: string; cursor: string };
    this.#subscription = subscription;
    this.#listener.onLive(cursor);
  }

  #onClosing(reason: string, cursors: Readonly<Record<string, string>>): void {
    this.#closingReason = reason;
    const cursor = this.#subscription === undefined ? undefined : cursors[this.#subscription];
    if (cursor !== undefined) this.#listener.onPosition(cursor);
  }

  /** Asks when it was silent, and gives up when that was answered with silence. */
  #watch(): void {
    if (this.#isAsking) {
      this.#end('the server went silent');
      return;
    }
    const silentMs = this.#environment.now() - this.#lastFrameAt;
    this.#isAsking = silentMs >= this.#idleMs;
    if (this.#isAsking) this.#send(infoId, 'feed_info', []);
    const waitMs = this.#isAsking ? this.#answerMs : this.#idleMs - silentMs;
    this.#timer = this.#environment.setTimeout(() => this.#watch(), waitMs);
  }

  #end(reason: string, failure?: FeedError): void {
    if (this.#isEnded) return;
    this.close();
    this.#listener.onEnd(reason, this.#wasOpen, failure);
  }
}

/** Errors of what was asked for, in JSON-RPC's codes and Trunkline's; any other may pass. */
const permanentCodes: readonly number[] = [-32600, -32601, -32602, -32010, -32011, -32012, -32013];

function permanentFailure({ code, message, data }: RpcError): FeedError | undefined {
  const stable = (data as { code?: unknown } | null | undefined)?.code;
  if (!permanentCodes.includes(code) && stable !== 'too_many_topics') return undefined;
  return new FeedError(typeof stable === 'string' ? stable : 'request_refused', message, { rpcCode: code });
}

function describeClose({ code, reason }: { readonly code: number; readonly reason: string }): string {
  return reason === '' ? `the connection was closed (${code})` : reason;
}
