import type { ClientSocket } from './client-socket.ts';

/** Which messages of a client's socket are taken: not too many at once, and none any more once it drains. */
export class MessageIntake {
  readonly #socket: ClientSocket;
  readonly #limit: number;
  readonly #onDrained: () => void;
  #inFlight = 0;
  #isDraining = false;

  /**
   * @param limit messages being answered, beyond which no more is read from the socket until one is
   * @param onDrained closes the socket: it drains, and what was taken is answered
   */
  constructor(socket: ClientSocket, limit: number, onDrained: () => void) {
    this.#socket = socket;
    this.#limit = limit;
    this.#onDrained = onDrained;
  }

  /** Messages being answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes a message; false: it is not to be answered. */
  take(): boolean {
    if (this.#isDraining) return false;
    this.#inFlight++;
    if (this.#inFlight >= this.#limit) this.#socket.pause();
    return true;
  }

  /** The answer to a message was sent, or it needs none. */
  answered(): void {
    this.#inFlight--;
    if (this.#isDraining) this.drain();
    else if (this.#socket.isPaused) this.#socket.resume();
  }

  /** Reads no more, and has the socket closed as soon as what was taken is answered. */
  drain(): void {
    // The other side of its closing handshake is to be read.
    if (this.#socket.isClosing) return;
    this.#isDraining = true;
    if (this.#inFlight === 0) this.#onDrained();
    else this.#socket.pause();
  }
}
