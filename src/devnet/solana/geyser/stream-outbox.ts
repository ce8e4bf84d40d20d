/** Where an outbox writes to. */
export interface OutboxTarget {
  /** Whether it takes more at once. */
  write(message: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export interface StreamOutboxLimits {
  /** Messages. */
  readonly messages: number;
  readonly bytes: number;
}

/** Messages that wait for a client to read them; what is replayed does not count, as the journal bounds it. */
export class StreamOutbox {
  readonly #target: OutboxTarget;
  readonly #limits: StreamOutboxLimits;
  readonly #onFull: () => void;
  #queue: { readonly message: Buffer; readonly counts: boolean }[] = [];
  #head = 0;
  #messages = 0;
  #bytes = 0;
  #isBlocked = false;
  #isClosed = false;

  /** `onFull` is called once, when a message would be more than the limits; nothing is taken from then on. */
  constructor(target: OutboxTarget, limits: StreamOutboxLimits, onFull: () => void) {
    this.#target = target;
    this.#limits = limits;
    this.#onFull = onFull;
  }

  push(message: Buffer, options: { readonly isReplayed: boolean } = { isReplayed: false }): void {
    if (this.#isClosed) return;
    const counts = !options.isReplayed;
    if (counts) {
      this.#messages++;
      this.#bytes += message.length;
      if (this.#messages > this.#limits.messages || this.#bytes > this.#limits.bytes) {
        this.close();
        this.#onFull();
        return;
      }
    }
    this.#queue.push({ message, counts });
    this.#flush();
  }

  /** Lets go of what waits. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#head = 0;
  }

  #flush(): void {
    while (!this.#isBlocked && this.#head < this.#queue.length) {
      const { message, counts } = this.#queue[this.#head++]!;
      if (counts) {
        this.#messages--;
        this.#bytes -= message.length;
      }
      if (!this.#target.write(message)) this.#block();
    }
    if (this.#head === this.#queue.length || this.#head > 1_024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #block(): void {
    this.#isBlocked = true;
    this.#target.once('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
  }
}
