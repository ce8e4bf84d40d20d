/** What can say how much was written to it, and how much of that waits: a TCP socket. */
export interface WrittenTarget {
  readonly bytesWritten?: number;
  readonly writableLength: number;
}

/** Tells whether a client reads, however slowly, what waits for it: it is alive then, although its pong waits behind that. */
export class ProgressWatch {
  readonly #target: WrittenTarget;
  #sent = 0;
  #wasWaiting = false;

  constructor(target: WrittenTarget) {
    this.#target = target;
  }

  /**
   * Whether the client took something since the last question. Only what waits proves it: as long as the system's own
   * buffer has room it takes bytes for a client that is gone as well.
   */
  hasMoved(): boolean {
    const { bytesWritten = 0, writableLength } = this.#target;
    const sent = bytesWritten - writableLength;
    const isWaiting = writableLength > 0;
    const hasMoved = this.#wasWaiting && sent > this.#sent;
    this.#sent = sent;
    this.#wasWaiting = isWaiting;
    return hasMoved;
  }
}
