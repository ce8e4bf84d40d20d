/** A connection that waits until fewer commands are in flight. */
export interface GateWaiter {
  /** There is room again; ask `hasRoom` and enter, or wait anew. */
  onRoom(): void;
}

/** Commands that one waiter is expected to bring when it is let in. */
const expectedCommands = 64;

/**
 * Bounds the commands of all connections that wait for the storage, and their bytes, below what its channel takes: who comes later is not
 * read for a while, instead of being told that the storage is overloaded. First come, first served.
 */
export class InFlightGate {
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #waiters = new Set<GateWaiter>();
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

  /** Whether another command, of any size, may enter when so many are about to. */
  hasRoom(commands: number, bytes: number): boolean {
    return this.#count + commands < this.#limit && this.#bytes + bytes < this.#maxBytes;
  }

  enter(commands: number, bytes: number): void {
    this.#count += commands;
    this.#bytes += bytes;
  }

  leave(commands: number, bytes: number): void {
    this.#count -= commands;
    this.#bytes -= bytes;
    if (this.#waiters.size === 0 || this.#bytes >= this.#maxBytes) return;
    let room = this.#limit - this.#count;
    for (const waiter of this.#waiters) {
      if (room <= 0) break;
      room -= expectedCommands;
      this.#waiters.delete(waiter);
      waiter.onRoom();
    }
  }

  /** Calls the waiter once there is room. */
  wait(waiter: GateWaiter): void {
    this.#waiters.add(waiter);
  }

  forget(waiter: GateWaiter): void {
    this.#waiters.delete(waiter);
  }
}
