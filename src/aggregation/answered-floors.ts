interface Floor {
  number: number;
  /** Since when answers below it, and none at it, have been given. */
  belowSinceMs: number | undefined;
}

/** Lines kept; a family has a handful of them. At the limit the one that was made first goes. */
const maxLines = 32;

/**
 * The highest numbers that clients were answered on the lines of a chain other than its head: slots that are confirmed,
 * for one. A floor at which no answer has been for `expiryMs` goes back to the next answer: the chain was reset, or
 * who was ahead is gone for good.
 */
export class AnsweredFloors {
  readonly #expiryMs: number;
  readonly #floors = new Map<string, Floor>();

  constructor(options: { /** Milliseconds. */ readonly expiryMs: number }) {
    this.#expiryMs = options.expiryMs;
  }

  /** The highest number that was answered; 0: none. */
  get(line: string): number {
    return this.#floors.get(line)?.number ?? 0;
  }

  /** An answer with this number came. */
  note(line: string, number: number, nowMs: number): void {
    const floor = this.#floors.get(line);
    if (floor === undefined) {
      for (const first of this.#floors.keys()) {
        if (this.#floors.size < maxLines) break;
        this.#floors.delete(first);
      }
      this.#floors.set(line, { number, belowSinceMs: undefined });
      return;
    }
    if (number < floor.number) {
      floor.belowSinceMs ??= nowMs;
      if (nowMs - floor.belowSinceMs < this.#expiryMs) return;
    }
    floor.number = number;
    floor.belowSinceMs = undefined;
  }

  clear(): void {
    this.#floors.clear();
  }
}
