import type { WebSocket } from 'ws';
import type { Log } from '../../../telemetry/log.ts';
import type { BankView } from './bank-view.ts';
import { answer, type RpcCall } from './dispatch.ts';
import { toJson } from './json.ts';
import { integerOf } from './params.ts';
import { invalidParams, RpcError } from './rpc-error.ts';
import type { FeedEvent, SlotFeed } from './slot-feed.ts';
import { type SubscriptionKind, subscriptionKinds } from './subscription-kinds.ts';

/** Subscriptions of a connection; above it they are refused. */
const maxSubscriptions = 1_000;
/** Bytes that may wait for a client; above it the connection is cut. */
const maxBufferedBytes = 16 * 1024 * 1024;
/** Agave numbers subscriptions of all connections in one row. */
let lastId = 0;

/** One WebSocket of the node: calls as over HTTP, and subscriptions. */
export class SocketSession {
  readonly #socket: WebSocket;
  readonly #view: BankView;
  readonly #log: Log;
  readonly #subscriptions = new Map<
    number,
    { readonly kind: SubscriptionKind; readonly unsubscribe: string }
  >();
  /** What is told right after the answer to a call. */
  #afterAnswer: (() => void)[] = [];

  constructor(socket: WebSocket, view: BankView, feed: SlotFeed, log: Log) {
    this.#socket = socket;
    this.#view = view;
    this.#log = log;
    const unlisten = feed.listen(event => this.#onEvent(event));
    socket.on('close', unlisten);
    socket.on('error', () => {});
    socket.on('message', data => this.#onMessage(String(data)));
  }

  #onMessage(text: string): void {
    const answered = answer(text, { view: this.#view }, this.#log, call => this.#subscriptionCall(call));
    if (answered !== undefined) this.#send(answered);
    const after = this.#afterAnswer;
    this.#afterAnswer = [];
    for (const tell of after) tell();
  }

  #subscriptionCall({ method, params }: RpcCall): { readonly result: unknown } | undefined {
    if (method === 'ping') return { result: null };
    if (method.endsWith('Unsubscribe')) return { result: this.#unsubscribe(method, params[0]) };
    const open = subscriptionKinds.get(method);
    if (open === undefined) return undefined;
    if (this.#subscriptions.size >= maxSubscriptions)
      throw new RpcError(-32603, 'Internal Error: Subscription refused. Node subscription limit reached');
    const kind = open(params, this.#view);
    const id = ++lastId;
    this.#subscriptions.set(id, { kind, unsubscribe: method.replace('Subscribe', 'Unsubscribe') });
    this.#afterAnswer.push(() => this.#tell(id, kind, kind.atOnce?.() ?? []));
    return { result: id };
  }

  #unsubscribe(method: string, given: unknown): boolean {
    const id = integerOf(given, 'subscription id');
    if (this.#subscriptions.get(id)?.unsubscribe !== method) throw invalidParams('Invalid subscription id.');
    return this.#subscriptions.delete(id);
  }

  #onEvent(event: FeedEvent): void {
    for (const [id, { kind }] of this.#subscriptions) this.#tell(id, kind, this.#resultsOf(kind, event));
  }

  #resultsOf(kind: SubscriptionKind, event: FeedEvent): readonly unknown[] {
    try {
      return kind.onEvent(event);
    } catch (error) {
      // An account that has grown too long for the encoding, or a transaction of a version that was not asked for.
      if (!(error instanceof RpcError))
        this.#log.error('a subscription of the embedded chain failed', { error });
      return [];
    }
  }

  #tell(id: number, kind: SubscriptionKind, results: readonly unknown[]): void {
    for (const result of results) {
      if (!this.#subscriptions.has(id)) return;
      if (kind.isLast?.(result) === true) this.#subscriptions.delete(id);
      this.#send(
        `{"jsonrpc":"2.0","method":"${kind.notification}","params":{"result":${toJson(result)},"subscription":${id}}}`,
      );
    }
  }

  #send(text: string): void {
    if (this.#socket.bufferedAmount > maxBufferedBytes) {
      this.#log.warn('a client of the embedded chain reads too slowly and is cut');
      this.#socket.terminate();
    } else this.#socket.send(text);
  }
}
