import type { Writable } from 'node:stream';

/** What can say how much of what was written to it waits: a socket, or an HTTP response over one. */
export interface DrainingTarget {
  readonly writable: boolean;
  readonly writableLength: number;
  readonly writableNeedDrain: boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Tells once when nothing waits any more on a connection. */
export class DrainWatch {
  readonly #target: DrainingTarget;
  readonly #socket: () => Writable | null;
  #listener: (() => void) | undefined;
  #isWaiting = false;

  /** @param socket the socket below `target`; null while it has none */
  constructor(target: DrainingTarget, socket: () => Writable | null) {
    this.#target = target;
    this.#socket = socket;
  }

  /** Calls `listener` once when nothing waits; a later call replaces the earlier one. Never, when the connection ends before. */
  onDrained(listener: () => void): void {
    this.#listener = listener;
    if (this.#isWaiting || !this.#target.writable) return;
    const socket = this.#socket();
    this.#isWaiting = true;
    // 'drain' comes only when the high-water mark was reached; a write's callback comes whenever all before it is out.
    if (this.#target.writableNeedDrain || socket === null) this.#target.once('drain', this.#check);
    else socket.write(nothing, this.#check);
  }

  readonly #check = (error?: Error | null): void => {
    this.#isWaiting = false;
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined || (error !== undefined && error !== null)) return;
    if (this.#target.writableLength === 0) listener();
    else this.onDrained(listener);
  };
}

const nothing = Buffer.alloc(0);
