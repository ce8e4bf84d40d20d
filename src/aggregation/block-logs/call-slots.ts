/** Bounds how many calls are under way at once; those beyond wait in order. */
export class CallSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count Calls at once at most. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `call` when there is room for it. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
