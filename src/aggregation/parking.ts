const maxParkedEvents = 1024;

/**
 * Holds the events of a stream while its window has no owner, in order: nothing is forwarded without the window, so
 * nothing is repeated, and what waits here is not lost. At most 1,024 events; more are refused.
 */
export class Parking {
  #steps: (() => void)[] | undefined;

  get isParked(): boolean {
    return this.#steps !== undefined;
  }

  /** From here on events wait. */
  begin(): void {
    this.#steps ??= [];
  }

  /** Has `step` wait; `false`: there is no room for it. */
  park(step: () => void): boolean {
    if (this.#steps === undefined || this.#steps.length >= maxParkedEvents) return false;
    this.#steps.push(step);
    return true;
  }

  /** Lets go of what waited, in order. */
  end(): void {
    const steps = this.#steps ?? [];
    this.#steps = undefined;
    for (const step of steps) step();
  }
}
