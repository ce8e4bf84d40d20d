import type { Clock } from '../clock/clock.ts';
import type { SendTimer } from './self.ts';

/** The running timers of one process; they end with it. */
export class ProcessTimers {
  readonly #clock: Clock;
  readonly #running = new Set<SendTimer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(delayMs: number, callback: () => void): SendTimer {
    const handle = this.#clock.setTimeout(() => {
      if (this.#running.delete(timer)) callback();
    }, delayMs);
    const timer: SendTimer = {
      cancel: () => {
        this.#clock.clearTimeout(handle);
        return this.#running.delete(timer);
      },
    };
    this.#running.add(timer);
    return timer;
  }

  cancelAll(): void {
    for (const timer of [...this.#running]) timer.cancel();
  }
}
