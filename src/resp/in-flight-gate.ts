/** A connection that waits until less is in flight. */
export interface GateWaiter {
  /** Bytes that its next command is expected to bring. */
  readonly expectedBytes: number;
  /** There may be room again: enter, or wait anew and keep the place. */
  onRoom(): void;
}

/** Commands that one waiter is expected to bring when it is let in. */
const expectedCommands = 64;
/** Up to so many bytes a command is light: it does not wait until heavy ones make room. */
const lightBytes = 16_384;
/** What light commands may add to the bytes in flight when heavy ones have filled them. */
const lightShare = 0.25;

/**
 * Bounds the commands of all connections that wait for the storage, and their bytes and those of the replies that they
 * are expected to bring, below what its channel takes: who comes later is not read for a while, instead of being told
 * that the storage is overloaded. First come, first served.
 */
export class InFlightGate {
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #waiters = new Set<GateWaiter>();
  /** Those that were called and found no room. */
  readonly #first = new Set<GateWaiter>();
  #count = 0;
  #bytes = 0;

  constructor(limit: number, maxBytes: number) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
  }

  /** Commands in flight. */
  get count(): number {
    return this.#count;
  }

  /** Whether so many commands of so many bytes may enter; however large, when nothing is in flight. */
  hasRoom(commands: number, bytes: number): boolean {
    return this.#count + commands <= this.#limit && this.#fits(this.#bytes, bytes);
  }

  enter(commands: number, bytes: number): void {
    this.#count += commands;
    this.#bytes += bytes;
  }

  leave(commands: number, bytes: number): void {
    this.#count -= commands;
    this.#bytes -= bytes;
    // Sums of fractions leave a rest behind.
    if (this.#count === 0) this.#bytes = 0;
    if (this.#first.size + this.#waiters.size > 0) this.#call();
  }

  /** Calls the waiter once there is room. `isBack`: it was called and found none, so it goes before the others. */
  wait(waiter: GateWaiter, isBack: boolean): void {
    (isBack ? this.#first : this.#waiters).add(waiter);
  }

  forget(waiter: GateWaiter): void {
    this.#first.delete(waiter);
    this.#waiters.delete(waiter);
  }

  #call(): void {
    let commands = 0;
    let bytes = 0;
    for (const waiters of [this.#first, this.#waiters]) {
      for (const waiter of waiters) {
        const { expectedBytes } = waiter;
        if (this.#count + commands >= this.#limit || !this.#fits(this.#bytes + bytes, expectedBytes)) return;
        commands += expectedCommands;
        bytes += expectedBytes;
        waiters.delete(waiter);
        waiter.onRoom();
      }
    }
  }

  #fits(taken: number, bytes: number): boolean {
    const most = bytes <= lightBytes ? this.#maxBytes * (1 + lightShare) : this.#maxBytes;
    return taken === 0 || taken + bytes <= most;
  }
}
