import type { Envelope } from './messages.ts';

/**
 * What a full mailbox does with one message more: `drop_newest` refuses it, `drop_oldest` makes room by refusing the
 * one that waits longest, `exit` ends the process with reason `mailbox_overflow`. A refused call fails at once with
 * `mailbox_full`; a refused cast or info becomes a dead letter.
 */
export type OverflowPolicy = 'drop_newest' | 'drop_oldest' | 'exit';

export interface MailboxOptions {
  /** Messages that may wait; signals, `sys` requests and the process's own timers do not count. @default 100000 */
  readonly limit?: number;
  /** @default 'drop_newest' */
  readonly policy?: OverflowPolicy;
}

const none: Envelope[] = [];

/** The messages that wait for one process: first in, first out, bounded. */
export class Mailbox {
  readonly limit: number;
  readonly policy: OverflowPolicy;
  #items = none;
  #head = 0;
  #bounded = 0;
  #held: Envelope[] | undefined;

  constructor(options: MailboxOptions = {}) {
    this.limit = options.limit ?? 100_000;
    this.policy = options.policy ?? 'drop_newest';
  }

  /** Messages that wait, those set aside while the process is suspended included. */
  get length(): number {
    return this.#items.length - this.#head + (this.#held?.length ?? 0);
  }

  /** Messages that can be taken now. */
  get ready(): number {
    return this.#items.length - this.#head;
  }

  get isFull(): boolean {
    return this.#bounded >= this.limit;
  }

  push(envelope: Envelope): void {
    if (this.#items === none) this.#items = [];
    this.#items.push(envelope);
    if (isBounded(envelope)) this.#bounded++;
  }

  /** Puts a message in front of all others. */
  unshift(envelope: Envelope): void {
    this.#items = [envelope, ...this.#items.slice(this.#head)];
    this.#head = 0;
    if (isBounded(envelope)) this.#bounded++;
  }

  shift(): Envelope | undefined {
    if (this.#head === this.#items.length) return undefined;
    const envelope = this.#items[this.#head] as Envelope;
    this.#drop(this.#head);
    return envelope;
  }

  /** Takes out the bounded message that waits longest. */
  shiftOldest(): Envelope | undefined {
    if (this.#held?.some(isBounded)) {
      const index = this.#held.findIndex(isBounded);
      this.#bounded--;
      return this.#held.splice(index, 1)[0];
    }
    for (let i = this.#head; i < this.#items.length; i++) {
      const envelope = this.#items[i] as Envelope;
      if (!isBounded(envelope)) continue;
      this.#drop(i);
      return envelope;
    }
    return undefined;
  }

  /** Sets a message that was taken aside until `release`. */
  hold(envelope: Envelope): void {
    this.#held ??= [];
    this.#held.push(envelope);
    if (isBounded(envelope)) this.#bounded++;
  }

  /** Puts what was held back in front, in its old order. */
  release(): void {
    if (this.#held === undefined) return;
    this.#items = [...this.#held, ...this.#items.slice(this.#head)];
    this.#head = 0;
    this.#held = undefined;
  }

  /** Takes out what was held back, in its old order. */
  takeHeld(): readonly Envelope[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#bounded -= held.filter(isBounded).length;
    return held;
  }

  /** Empties the mailbox and returns what was in it. */
  drain(): Envelope[] {
    this.release();
    const rest = this.#items.slice(this.#head);
    this.#items = none;
    this.#head = 0;
    this.#bounded = 0;
    return rest;
  }

  #drop(index: number): void {
    if (isBounded(this.#items[index] as Envelope)) this.#bounded--;
    if (index === this.#head) {
      this.#items[index] = undefined as unknown as Envelope;
      this.#head++;
    } else {
      this.#items.splice(index, 1);
    }
    if (this.#head === this.#items.length) {
      // A burst must not leave its array behind in an idle process.
      if (this.#items.length > 64) this.#items = none;
      else this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** Whether the limit applies to a message. */
export function isBounded(envelope: Envelope): boolean {
  return envelope.kind === 'call' || envelope.kind === 'cast' || envelope.kind === 'info';
}
