interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

/** Who waits until something holds of the log; asked again whenever it has changed. */
export class LogWaiters {
  #waiting: Waiter[] = [];

  /** Resolves once `isOver` says so: at once, or after a later `check`. */
  until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise(resolve => this.#waiting.push({ isOver, resolve }));
  }

  /** Lets go whose time has come. */
  check(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.isOver()) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }
}
