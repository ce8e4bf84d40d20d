import type { GateWaiter, InFlightGate } from './in-flight-gate.ts';

const maxCommands = 1024;
const maxBytes = 2 * 2 ** 20;
/** What a command of a connection that has not been answered yet is taken to bring: little is let through at first. */
const firstReplyBytes = 65_536;

/** A run of commands as far as its load goes. */
export interface Load {
  readonly count: number;
  readonly commands: Buffer;
  /** What it was counted as when it entered. */
  weight: number;
}

/**
 * What one connection has in flight: commands, their bytes, and the bytes of the replies that they are expected to bring,
 * judged by the replies before: large values are asked for few at a time, or a pipeline of small commands would make the
 * storage read gigabytes before the first of them is sent.
 */
export class InFlightShare implements GateWaiter {
  /** Called when there may be room again. */
  readonly onRoom: () => void;
  readonly #gate: InFlightGate;
  #commands = 0;
  #weight = 0;
  #replyBytes = firstReplyBytes;

  constructor(gate: InFlightGate, onRoom: () => void) {
    this.#gate = gate;
    this.onRoom = onRoom;
  }

  /** Commands that the storage has not answered. */
  get commands(): number {
    return this.#commands;
  }

  /** Bytes that the next reply is expected to have. */
  get expectedBytes(): number {
    return this.#replyBytes;
  }

  /** Whether half of what may be in flight is not: time to go on. */
  get isLow(): boolean {
    return this.#commands * 2 <= maxCommands;
  }

  /** Whether one more command has to wait when so many, of so many bytes, are about to go. */
  mustWait(count: number, bytes: number): boolean {
    const commands = this.#commands + count;
    const more = this.#weigh(count + 1, bytes);
    if (commands >= maxCommands || !this.#gate.hasRoom(count + 1, more)) return true;
    // One may always go, however much it brings.
    return commands > 0 && this.#weight + more > maxBytes;
  }

  /** Has `onRoom` called when the next command waits for other connections. `isBack`: it was called and found no room. */
  waitForOthers(isBack: boolean): void {
    if (!this.#gate.hasRoom(1, this.#replyBytes)) this.#gate.wait(this, isBack);
  }

  /** The connection is gone: it waits no more. */
  forget(): void {
    this.#gate.forget(this);
  }

  enter(load: Load): void {
    load.weight = this.#weigh(load.count, load.commands.length);
    this.#commands += load.count;
    this.#weight += load.weight;
    this.#gate.enter(load.count, load.weight);
  }

  /** The load was answered with so many bytes. */
  leave(load: Load, replyBytes: number): void {
    this.#commands -= load.count;
    this.#weight -= load.weight;
    const each = replyBytes / load.count;
    // Up at once, down by degrees.
    this.#replyBytes = Math.max(each, this.#replyBytes / 8);
    this.#gate.leave(load.count, load.weight);
  }

  #weigh(count: number, bytes: number): number {
    return bytes + count * this.#replyBytes;
  }
}
