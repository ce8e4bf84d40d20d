import { replyHeaderBytes } from './frames.ts';

/**
 * Replies that are taken in one turn of the event loop. Their callers go on right behind each, and send more: without a
 * bound a fast thread and busy callers keep the loop in one port's messages for hundreds of milliseconds.
 */
export const repliesPerTurn = 128;

export interface ReplyIntakeOptions {
  /** Takes one reply, a view of its frame. */
  readonly take: (id: number, reply: Buffer) => void;
  /** Behind the replies of each turn. */
  readonly onTaken: () => void;
}

/**
 * Hands out the replies of the frames that arrive: the first ones of a turn at once, the others from turn to turn. What
 * waits here is pending on the channel, so that it is bounded with it.
 */
export class ReplyIntake {
  readonly #options: ReplyIntakeOptions;
  readonly #frames: Buffer[] = [];
  /** Where the next reply begins in the first frame. */
  #at = 0;
  /** What may still be taken in this turn. */
  #left = repliesPerTurn;
  #isTurnDue = false;
  readonly #nextTurn = () => {
    this.#isTurnDue = false;
    this.#left = repliesPerTurn;
    if (this.#frames.length > 0) this.#go();
  };

  constructor(options: ReplyIntakeOptions) {
    this.#options = options;
  }

  push(frame: ArrayBuffer): void {
    this.#frames.push(Buffer.from(frame));
    if (this.#left > 0) this.#go();
  }

  /** Hands out all that is there. */
  drain(): void {
    while (this.#takeNext());
  }

  #go(): void {
    if (!this.#isTurnDue) {
      this.#isTurnDue = true;
      setImmediate(this.#nextTurn);
    }
    while (this.#left > 0 && this.#takeNext());
    this.#options.onTaken();
  }

  /** @returns false when there is none */
  #takeNext(): boolean {
    for (;;) {
      const frame = this.#frames[0];
      if (frame === undefined) return false;
      const start = this.#at + replyHeaderBytes;
      if (start <= frame.length) {
        const id = frame.readUInt32LE(this.#at);
        this.#at = start + frame.readUInt32LE(this.#at + 4);
        // Before the caller goes on: what he sends may come back here.
        this.#left--;
        this.#options.take(id, frame.subarray(start, this.#at));
        return true;
      }
      this.#frames.shift();
      this.#at = 0;
    }
  }
}
