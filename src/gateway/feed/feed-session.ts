import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { feedErrors } from '../../feed/errors.ts';
import { type ScannedCall, scanRequest } from '../../protocol/json-rpc/scan-request.ts';
import { errorResponse, resultResponse } from '../../protocol/json-rpc/write.ts';
import { textFrame } from '../../protocol/websocket/text-frame.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ChainDirectory } from '../chain-directory.ts';
import { gatewayErrors } from '../errors.ts';
import { joinAnswers, type PayloadLimits, requestErrorAnswer } from '../payload.ts';
import { ClientSocket, closeCodes } from '../socket/client-socket.ts';
import { MessageIntake } from '../socket/message-intake.ts';
import { SocketSink } from '../socket/socket-sink.ts';
import { feedRefusal } from './feed-refusal.ts';
import { boundsOf, chainResolver, type FeedService } from './feed-service.ts';
import { FeedSubscriptions, lowestCursor } from './feed-subscriptions.ts';

export interface FeedSessionOptions extends PayloadLimits {
  /** `server.ws.max_subscriptions` */
  readonly maxSubscriptions: number;
  /** `server.ws.max_buffered_bytes`: answers that the client has not read. Events have a bound of their own. */
  readonly maxBufferedBytes: number;
  /** Messages being answered, beyond which no more is read from the socket until one is. @default 64 */
  readonly maxInFlight?: number;
}

export interface FeedSessionEvents {
  onClosed(session: FeedSession): void;
  onSlowClient(): void;
  onMessage(direction: 'in' | 'out'): void;
}

export interface FeedSessionDependencies {
  /** Undefined: there is no feed. */
  readonly service: FeedService | undefined;
  readonly chains: ChainDirectory;
  readonly clock: Clock;
  readonly log: Log;
}

interface Answer {
  readonly body: Buffer;
  readonly begin?: () => void;
}

/** What reads of parameters cost grows with them; 64 topics fit many times. */
const maxParamsBytes = 65_536;

/** Calls of a batch that are worked on at once; a subscription costs some 100 µs. */
const callsPerTurn = 16;

/** One client's WebSocket at `/feed`: JSON-RPC calls in, their answers and the notifications of its subscriptions out. */
export class FeedSession {
  readonly #socket: ClientSocket;
  readonly #intake: MessageIntake;
  readonly #options: FeedSessionOptions;
  readonly #events: FeedSessionEvents;
  readonly #deps: FeedSessionDependencies;
  readonly #sink: SocketSink;
  readonly #subscriptions: FeedSubscriptions;

  constructor(
    client: WebSocket,
    socket: Duplex,
    options: FeedSessionOptions,
    events: FeedSessionEvents,
    deps: FeedSessionDependencies,
  ) {
    this.#options = options;
    this.#events = events;
    this.#deps = deps;
    this.#socket = new ClientSocket(
      client,
      socket,
      options,
      {
        onMessage: source => this.#onMessage(source),
        onClosing: () => this.#subscriptions.close(),
        onClosed: () => events.onClosed(this),
        onError: error => deps.log.debug('feed client socket failed', { error }),
        onSlow: () => events.onSlowClient(),
      },
      deps.clock,
    );
    this.#intake = new MessageIntake(this.#socket, options.maxInFlight ?? 64, () => this.#endInOrder());
    this.#sink = new SocketSink(client, socket, () => this.#endSlow());
    this.#subscriptions = new FeedSubscriptions(
      this.#sink,
      { limit: options.maxSubscriptions },
      chainResolver(deps.chains, deps.service),
    );
  }

  /** Pings the client; one that did not answer the last ping is cut off. */
  checkAlive(): void {
    this.#socket.checkAlive();
  }

  /** Reads no more; as soon as what was read is answered, tells the client where to go on, and closes with 1001. */
  drain(): void {
    this.#intake.drain();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onMessage(source: Buffer): void {
    if (!this.#intake.take()) return;
    this.#events.onMessage('in');
    this.#answer(source).then(
      answers => {
        if (answers.body !== undefined) this.#send(answers.body);
        for (const begin of answers.begins) begin();
        this.#intake.answered();
      },
      (error: unknown) => {
        // A bug in one message's way costs its client the connection, not the others theirs.
        this.#deps.log.error('a message of a feed client failed', { error });
        this.#socket.close(closeCodes.internalError, 'a bug in Trunkline; its log says more');
      },
    );
  }

  async #answer(source: Buffer): Promise<{ body: Buffer | undefined; begins: (() => void)[] }> {
    const scanned = scanRequest(source, this.#options);
    if (scanned.kind === 'error') return { body: requestErrorAnswer(source, scanned), begins: [] };
    const items = scanned.kind === 'call' ? [scanned.call] : scanned.items;
    const answers: Answer[] = [];
    for (let at = 0; at < items.length; at += callsPerTurn) {
      // Other clients have their turn.
      if (at > 0) await new Promise(resolve => void setImmediate(resolve));
      const due = items.slice(at, at + callsPerTurn);
      const one = async (item: (typeof items)[number]): Promise<Answer> =>
        'kind' in item ? { body: requestErrorAnswer(source, item) } : await this.#call(source, item);
      answers.push(...(await Promise.all(due.map(one))));
    }
    // A call without id is answered by nothing, but it takes effect.
    const bodies = answers.filter((_, index) => hasAnswer(items[index]!)).map(answer => answer.body);
    return {
      body: bodies.length === 0 ? undefined : scanned.kind === 'call' ? bodies[0] : joinAnswers(bodies),
      begins: answers.flatMap(({ begin }) => (begin === undefined ? [] : [begin])),
    };
  }

  async #call(source: Buffer, call: ScannedCall): Promise<Answer> {
    const id = call.idStart < 0 ? 'null' : source.subarray(call.idStart, call.idEnd);
    const { service } = this.#deps;
    try {
      const { result, begin } = await this.#run(call.method, readParams(source, call), service);
      const body = resultResponse(id, JSON.stringify(result));
      return begin === undefined ? { body } : { body, begin };
    } catch (error) {
      const refusal = feedRefusal(error, service);
      if (refusal === undefined) throw error;
      const { jsonRpcCode, message, data } = refusal;
      return { body: errorResponse(id, jsonRpcCode, message, JSON.stringify(data)) };
    }
  }

  async #run(
    method: string,
    params: unknown,
    service: FeedService | undefined,
  ): Promise<{ readonly result: unknown; readonly begin?: () => void }> {
    if (method === 'feed_unsubscribe') return { result: this.#unsubscribe(params) };
    if (method !== 'feed_subscribe' && method !== 'feed_info') {
      const message =
        'the feed has feed_subscribe, feed_unsubscribe and feed_info; a chain’s methods are at /rpc/<chain>';
      throw new TrunklineError(gatewayErrors, 'feed_method_unknown', message);
    }
    const bounds = boundsOf(service);
    if (service === undefined || bounds === undefined) {
      throw new TrunklineError(feedErrors, 'feed_unavailable', 'the feed is starting, or there is none');
    }
    if (method === 'feed_info') return { result: { ...bounds, chains: this.#deps.chains.names } };
    return await this.#subscriptions.subscribe(first(params), service);
  }

  #unsubscribe(params: unknown): true {
    const given = first(params);
    const id =
      typeof given === 'object' && given !== null && 'subscription' in given ? given.subscription : given;
    if (typeof id === 'string' && this.#subscriptions.unsubscribe(id)) return true;
    throw new TrunklineError(
      gatewayErrors,
      'subscription_not_found',
      'this connection has no such subscription',
    );
  }

  #endInOrder(): void {
    this.#socket.close(
      closeCodes.goingAway,
      this.#endSubscriptions('shutting down', message => this.#send(message)),
    );
  }

  /** One subscription that wants no less than everything at once ends the connection of all. */
  #endSlow(): void {
    // Past the bound on answers: it waits behind what was written, as the close frame does.
    const reason = this.#endSubscriptions('too slow', message => this.#sink.write([textFrame(message)]));
    this.#socket.closeSlow(reason);
  }

  /** Ends all subscriptions and tells the client where each can go on; returns the reason for the close frame. */
  #endSubscriptions(reason: string, send: (message: Buffer) => void): string {
    const cursors = this.#subscriptions.close();
    const lowest = lowestCursor(cursors.values());
    if (lowest === undefined) return reason;
    const params = { subscriptions: Object.fromEntries(cursors), reason };
    send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'feed_closing', params })));
    return `${reason}; resume from ${lowest}`;
  }

  #send(message: Buffer): void {
    if (this.#socket.send(message)) this.#events.onMessage('out');
  }
}

function hasAnswer(item: ScannedCall | { readonly kind: 'error' }): boolean {
  return 'kind' in item || item.idStart >= 0;
}

/** Parameters by name are an object, or the only element of an array. */
function first(params: unknown): unknown {
  return Array.isArray(params) && params.length === 1 ? params[0] : params;
}

function readParams(source: Buffer, { paramsStart, paramsEnd }: ScannedCall): unknown {
  if (paramsStart < 0) return undefined;
  if (paramsEnd - paramsStart > maxParamsBytes) {
    const message = `the parameters hold at most ${maxParamsBytes} bytes`;
    throw new TrunklineError(gatewayErrors, 'feed_request_invalid', message);
  }
  return JSON.parse(source.toString('utf8', paramsStart, paramsEnd));
}
