/** Counts restarts in a sliding window; more than `intensity` within `periodMs` are too many. */
export class RestartIntensity {
  readonly #restarts: number[] = [];

  /** Enters a restart at `now`; false when it is one too many. */
  add(now: number, intensity: number, periodMs: number): boolean {
    const restarts = this.#restarts;
    while (restarts.length > 0 && now - (restarts[0] as number) > periodMs) restarts.shift();
    if (restarts.length >= intensity) return false;
    restarts.push(now);
    return true;
  }
}
