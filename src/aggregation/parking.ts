const maxParkedEvents = 1024;

/**
 * Holds what happens to a stream while its window has no owner, in order: nothing is forwarded without the window,
 * so nothing is repeated, and what waits here is not lost. At most 1,024 events; more are refused.
 */
export class Parking {
  #steps: (() => void)[] | undefined;
  #events = 0;

  get isParked(): boolean {
    return this.#steps !== undefined;
  }

  park(): void {
    this.#steps ??= [];
  }

  /** Runs `step` now, or when `resume` is called. */
  run(step: () => void): void {
    if (this.#steps === undefined) step();
    else this.#steps.push(step);
  }

  /** As `run` for an event; `false`: there is no room for it. */
  runEvent(step: () => void): boolean {
    if (this.#steps !== undefined && this.#events++ >= maxParkedEvents) return false;
    this.run(step);
    return true;
  }

  resume(): void {
    const steps = this.#steps ?? [];
    this.#steps = undefined;
    this.#events = 0;
    for (const step of steps) step();
  }
}
