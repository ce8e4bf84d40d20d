import type { WebSocket } from 'ws';
import type { Clock } from '../../clock/clock.ts';
import { InFlight, type InFlightItem } from '../../providers/in-flight.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CallAnswer, Cancel, GatewayCall } from '../call.ts';
import type { CallPipeline } from '../call-pipeline.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { answerPayload, type PayloadAnswer, type PayloadLimits } from '../payload.ts';
import { SocketSubscriptions } from './subscriptions.ts';

export interface SocketSessionOptions extends PayloadLimits {
  /** `server.ws.max_subscriptions` */
  readonly maxSubscriptions: number;
  /** `server.ws.max_buffered_bytes`: what the client has not read yet. Beyond it the socket is closed with 1013. */
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

/** A message whose answer is being put together. */
interface RunningPayload extends InFlightItem {
  cancel: Cancel | undefined;
}

const noSteering = {};
/** RFC 6455, 7.4.1 */
const closeCodes = { goingAway: 1001, internalError: 1011, tryAgainLater: 1013 } as const;
/** A close frame holds 123 bytes of reason; a character that the cut divides becomes one of three bytes. */
const maxReasonBytes = 120;
/** How long a slow client may take to read up to the close frame before it is cut off. */
const slowCloseMs = 2_000;

/** One client's WebSocket at `/rpc/<chain>`: JSON-RPC both ways, subscriptions included. */
export class SocketSession {
  readonly #socket: WebSocket;
  readonly #chain: ChainRuntime;
  readonly #pipeline: CallPipeline;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: SocketSessionOptions;
  readonly #events: SocketSessionEvents;
  readonly #subscriptions: SocketSubscriptions;
  readonly #running = new InFlight<RunningPayload>();
  #inFlight = 0;
  #isAlive = true;
  #isDraining = false;
  #isClosing = false;

  constructor(
    socket: WebSocket,
    chain: ChainRuntime,
    options: SocketSessionOptions,
    events: SocketSessionEvents,
    { pipeline, clock, log }: { readonly pipeline: CallPipeline; readonly clock: Clock; readonly log: Log },
  ) {
    this.#socket = socket;
    this.#chain = chain;
    this.#options = options;
    this.#events = events;
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#log = log;
    this.#subscriptions = new SocketSubscriptions(
      {
        send: frame => this.#send(frame),
        fail: message => this.close(closeCodes.internalError, message),
        overflow: () => this.#closeSlow(),
        changed: (name, by) => events.onSubscriptions(name, by),
      },
      { limit: options.maxSubscriptions },
    );
    socket.on('message', data => this.#onMessage(data as Buffer));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', error =>
      this.#log.debug('client socket failed', { chain: chain.name, error: error.message }),
    );
    socket.on('close', () => this.#onClose());
  }

  get chain(): ChainRuntime {
    return this.#chain;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Pings the client; one that did not answer the last ping is gone (half-open TCP) and is cut off. */
  checkAlive(): void {
    // What it sends is not read while it is paused, pongs included.
    if (this.#socket.isPaused) return;
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }

  /** Reads no more, and closes with 1001 as soon as what was read is answered. */
  drain(): void {
    this.#isDraining = true;
    if (this.#inFlight === 0) this.close(closeCodes.goingAway, 'shutting down');
    else this.#socket.pause();
  }

  close(code: number = closeCodes.goingAway, reason = ''): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#subscriptions.close();
    this.#socket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes).toString());
    // To read the other side of the closing handshake.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onMessage(source: Buffer): void {
    if (this.#isClosing || this.#isDraining) return;
    this.#isAlive = true;
    this.#events.onMessage('in');
    this.#inFlight++;
    if (this.#inFlight >= (this.#options.maxInFlight ?? 1_000)) this.#socket.pause();
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
    this.#inFlight--;
    if (answer.body !== undefined) this.#send(answer.body);
    answer.afterSend?.();
    if (this.#isDraining) this.drain();
    else if (this.#socket.isPaused) this.#socket.resume();
  }

  readonly #dispatch = (call: GatewayCall, done: (answer: CallAnswer) => void): Cancel => {
    if (call.policy.class !== 'subscription') return this.#pipeline.handle(call, done);
    this.#subscriptions.handle(call, done);
    return () => {};
  };

  #send(frame: Buffer): void {
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#options.maxBufferedBytes) {
      this.#closeSlow();
      return;
    }
    this.#events.onMessage('out');
    this.#socket.send(frame, textFrame);
  }

  /** The close frame waits behind what the client has not read; after a while the client is cut off. */
  #closeSlow(): void {
    if (this.#isClosing) return;
    this.#events.onSlowClient();
    this.close(closeCodes.tryAgainLater, 'reads too slowly');
    this.#clock.setTimeout(() => this.#socket.terminate(), slowCloseMs);
  }

  #onClose(): void {
    this.#isClosing = true;
    this.#subscriptions.close();
    for (const running of this.#running.snapshot()) running.cancel?.();
    this.#events.onClosed(this);
  }
}

const textFrame = { binary: false } as const;
