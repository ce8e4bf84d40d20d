/** A connection that waits until fewer commands are in flight. */
export interface GateWaiter {
  /** There is room again; ask `hasRoom` and enter, or wait anew. */
  onRoom(): void;
}

/** Commands that one waiter is expected to bring when it is let in. */
const expectedCommands = 64;

/**
 * Bounds the commands of all connections that wait for the storage, below what its channel takes: who comes later is not
 * read for a while, instead of being told that the storage is overloaded. First come, first served.
 */
export class InFlightGate {
  readonly #limit: number;
  readonly #waiters = new Set<GateWaiter>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Commands in flight. */
  get count(): number {
    return this.#count;
  }

  /** Whether another command may enter when `more` are about to. */
  hasRoom(more: number): boolean {
    return this.#count + more < this.#limit;
  }

  enter(commands: number): void {
    this.#count += commands;
  }

  leave(commands: number): void {
    this.#count -= commands;
    if (this.#waiters.size === 0) return;
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
