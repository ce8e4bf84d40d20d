import type { WebSocket } from 'ws';
import type { Clock } from '../../clock/clock.ts';
import { cutWhenStuck } from './cut-when-stuck.ts';
import { ProgressWatch, type WrittenTarget } from './progress-watch.ts';

/** RFC 6455, 7.4.1 */
export const closeCodes = { goingAway: 1001, internalError: 1011, tryAgainLater: 1013 } as const;

/** A close frame holds 123 bytes of reason; a character that the cut divides becomes one of three bytes. */
const maxReasonBytes = 120;
const textFrame = { binary: false } as const;

/** What a client's WebSocket tells the session that is held over it. */
export interface ClientSocketEvents {
  onMessage(source: Buffer): void;
  /** No more is sent from now on; called once, before `onClosed`. */
  onClosing(): void;
  /** The connection is gone; called once. */
  onClosed(): void;
  onError(message: string): void;
  /** The client did not read what waits for it. */
  onSlow(): void;
}

/** A client's WebSocket, whatever is spoken on it: signs of life, a bound on what waits, an orderly end. */
export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #events: ClientSocketEvents;
  readonly #maxBufferedBytes: number;
  readonly #stream: WrittenTarget;
  readonly #progress: ProgressWatch;
  #stopCutting = () => {};
  #isAlive = true;
  #isClosing = false;

  /** @param stream the socket that `socket` was upgraded from */
  constructor(
    socket: WebSocket,
    stream: WrittenTarget,
    options: {
      /** `server.ws.max_buffered_bytes`: what the client has not read yet. Beyond it `send` closes with 1013. */
      readonly maxBufferedBytes: number;
    },
    events: ClientSocketEvents,
    clock: Clock,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    this.#maxBufferedBytes = options.maxBufferedBytes;
    this.#stream = stream;
    this.#progress = new ProgressWatch(stream);
    socket.on('message', data => {
      this.#isAlive = true;
      if (!this.#isClosing) events.onMessage(data as Buffer);
    });
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', error => events.onError(error.message));
    socket.on('close', () => {
      this.#stopCutting();
      this.#beginClosing();
      events.onClosed();
    });
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get isPaused(): boolean {
    return this.#socket.isPaused;
  }

  /** Reads no more from the client. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends a text message; false: nothing is sent any more, or the client is too slow and was closed. */
  send(message: Buffer): boolean {
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      this.closeSlow('reads too slowly');
      return false;
    }
    this.#socket.send(message, textFrame);
    return true;
  }

  /** Pings the client; one that neither answered the last ping nor reads what waits for it is gone (half-open TCP) and is cut off. */
  checkAlive(): void {
    // What it sends is not read while it is paused, pongs included.
    if (this.#socket.isPaused) return;
    const isReading = this.#progress.hasMoved();
    if (!this.#isAlive && !isReading) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }

  /** @param reason cut to what a close frame holds */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#beginClosing();
    this.#socket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes).toString());
    // To read the other side of the closing handshake.
    this.#socket.resume();
  }

  /** Closes with 1013. The close frame waits behind what the client has not read; one that does not read is cut off. */
  closeSlow(reason: string): void {
    if (this.#isClosing) return;
    this.#events.onSlow();
    this.close(closeCodes.tryAgainLater, reason);
    this.#stopCutting = cutWhenStuck(this.#stream, this.#clock, () => this.#socket.terminate());
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #beginClosing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#events.onClosing();
  }
}
