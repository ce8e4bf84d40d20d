import type { Pid } from './pid.ts';
import type { ProcessName } from './process-name.ts';

/** A message that nobody handled. */
export interface DeadLetter {
  readonly target: Pid | ProcessName;
  readonly kind: 'call' | 'cast' | 'info';
  readonly message: unknown;
  /** `noproc`: the receiver does not exist; `exited`: it ended first; `mailbox_full`: it had no room. */
  readonly cause: 'noproc' | 'exited' | 'mailbox_full';
}

/** Counts the messages that nobody handled and keeps the last of them. */
export class DeadLetters {
  /** Messages kept for inspection. */
  readonly limit: number;
  readonly #last: DeadLetter[] = [];
  readonly #listener: ((letter: DeadLetter) => void) | undefined;
  #count = 0;

  constructor(limit = 100, listener?: (letter: DeadLetter) => void) {
    this.limit = limit;
    this.#listener = listener;
  }

  /** Dead letters since the start. */
  get count(): number {
    return this.#count;
  }

  /** The last dead letters, oldest first. */
  get last(): readonly DeadLetter[] {
    return this.#last;
  }

  add(letter: DeadLetter): void {
    this.#count++;
    this.#last.push(letter);
    if (this.#last.length > this.limit) this.#last.shift();
    this.#listener?.(letter);
  }
}
