import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../clock/clock.ts';
import { InFlight, type InFlightItem } from '../../providers/in-flight.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CallAnswer, Cancel, GatewayCall } from '../call.ts';
import type { CallPipeline } from '../call-pipeline.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import type { EventFeed } from '../event-feed.ts';
import { answerPayload, type PayloadAnswer, type PayloadLimits } from '../payload.ts';
import { ClientSocket, closeCodes } from './client-socket.ts';
import { MessageIntake } from './message-intake.ts';
import { SocketSink } from './socket-sink.ts';
import { SocketSubscriptions } from './subscriptions.ts';

export interface SocketSessionOptions extends PayloadLimits {
  /** `server.ws.max_subscriptions` */
  readonly maxSubscriptions: number;
  /**
   * `server.ws.max_buffered_bytes`: what the client has not read yet. Beyond it an answer closes the socket with 1013;
   * events of the feed wait in the log instead.
   */
  readonly maxBufferedBytes: number;
  /** Calls in flight on this socket, beyond which no more is read from it until one is answered. @default 1000 */
  readonly maxInFlight?: number;
}

export interface SocketSessionEvents {
  onClosed(session: SocketSession): void;
  onSlowClient(): void;
  onMessage(direction: 'in' | 'out'): void;
  onSubscriptions(chain: string, by: 1 | -1): void;
}

/** What a session works with. */
export interface SocketSessionDependencies {
  readonly pipeline: CallPipeline;
  readonly feed: EventFeed;
  readonly clock: Clock;
  readonly log: Log;
}

/** A message whose answer is being put together. */
interface RunningPayload extends InFlightItem {
  cancel: Cancel | undefined;
}

const noSteering = {};

/** One client's WebSocket at `/rpc/<chain>`: JSON-RPC both ways, subscriptions included. */
export class SocketSession {
  readonly #socket: ClientSocket;
  readonly #intake: MessageIntake;
  readonly #chain: ChainRuntime;
  readonly #pipeline: CallPipeline;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: SocketSessionOptions;
  readonly #events: SocketSessionEvents;
  readonly #subscriptions: SocketSubscriptions;
  readonly #running = new InFlight<RunningPayload>();

  /** @param stream the socket that `client` was upgraded from */
  constructor(
    client: WebSocket,
    stream: Duplex,
    chain: ChainRuntime,
    options: SocketSessionOptions,
    events: SocketSessionEvents,
    { pipeline, feed, clock, log }: SocketSessionDependencies,
  ) {
    this.#chain = chain;
    this.#options = options;
    this.#events = events;
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#log = log;
    this.#subscriptions = new SocketSubscriptions(
      {
        feedSink: new SocketSink(client, stream, () => this.#socket.closeSlow('reads too slowly')),
        send: message => this.#send(message),
        fail: message => this.close(closeCodes.internalError, message),
        overflow: () => this.#socket.closeSlow('reads too slowly'),
        changed: (name, by) => events.onSubscriptions(name, by),
      },
      { limit: options.maxSubscriptions },
      feed,
    );
    this.#socket = new ClientSocket(
      client,
      stream,
      options,
      {
        onMessage: source => this.#onMessage(source),
        onClosing: () => this.#subscriptions.close(),
        onClosed: () => this.#onClosed(),
        onError: error => log.debug('client socket failed', { chain: chain.name, error }),
        onSlow: () => events.onSlowClient(),
      },
      clock,
    );
    this.#intake = new MessageIntake(this.#socket, options.maxInFlight ?? 1_000, () =>
      this.close(closeCodes.goingAway, 'shutting down'),
    );
  }

  get chain(): ChainRuntime {
    return this.#chain;
  }

  get inFlight(): number {
    return this.#intake.inFlight;
  }

  /** Pings the client; one that did not answer the last ping is cut off. */
  checkAlive(): void {
    this.#socket.checkAlive();
  }

  /** Reads no more, and closes with 1001 as soon as what was read is answered. */
  drain(): void {
    this.#intake.drain();
  }

  close(code: number = closeCodes.goingAway, reason = ''): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onMessage(source: Buffer): void {
    if (!this.#intake.take()) return;
    this.#events.onMessage('in');
    // A holder, because an answer may come before there is anything to cancel.
    const running: RunningPayload = { position: -1, cancel: undefined };
    let isDone = false;
    try {
      const cancel = answerPayload(
        source,
        this.#chain,
        noSteering,
        this.#options,
        this.#clock,
        this.#dispatch,
        answer => {
          isDone = true;
          this.#running.delete(running);
          this.#onAnswer(answer);
        },
      );
      if (isDone) return;
      running.cancel = cancel;
      this.#running.add(running);
    } catch (error) {
      // A bug in one message's way costs its client the connection, not the others theirs.
      this.#log.error('a client message failed', { chain: this.#chain.name, error });
      this.close(closeCodes.internalError, 'a bug in Trunkline; its log says more');
    }
  }

  #onAnswer(answer: PayloadAnswer): void {
    if (answer.body !== undefined) this.#send(answer.body);
    answer.afterSend?.();
    this.#intake.answered();
  }

  readonly #dispatch = (call: GatewayCall, done: (answer: CallAnswer) => void): Cancel =>
    this.#pipeline.handle(call, done, this.#subscriptions.handle);

  #send(frame: Buffer): void {
    if (this.#socket.send(frame)) this.#events.onMessage('out');
  }

  #onClosed(): void {
    for (const running of this.#running.snapshot()) running.cancel?.();
    this.#events.onClosed(this);
  }
}
