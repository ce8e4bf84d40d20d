import type { Clock, TimerHandle } from '../clock/clock.ts';

export interface QuietTimerOptions {
  /** How long nothing has to happen, in ms. */
  readonly quietMs: number;
  /** The longest that a first event waits while others keep coming, in ms. */
  readonly longestMs: number;
  readonly onQuiet: () => void;
}

/** Calls back once after a burst of events has ended, or has lasted for too long. */
export class QuietTimer {
  readonly #options: QuietTimerOptions;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  #firstAt: number | undefined;

  constructor(options: QuietTimerOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Something happened. */
  touch(): void {
    const { quietMs, longestMs, onQuiet } = this.#options;
    const now = this.#clock.now();
    this.#firstAt ??= now;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(
      () => {
        this.cancel();
        onQuiet();
      },
      Math.max(0, Math.min(quietMs, this.#firstAt + longestMs - now)),
    );
  }

  /** Forgets what happened so far. */
  cancel(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firstAt = undefined;
  }
}
