import type { Clock } from '../../clock/clock.ts';

const suspicionMs = 30_000;
const maxSuspects = 256;

/** The providers whose last answer did not verify, for a while. */
export class Suspects {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(providerId: string): void {
    if (this.#until.size < maxSuspects) this.#until.set(providerId, this.#clock.now() + suspicionMs);
  }

  clear(providerId: string): void {
    this.#until.delete(providerId);
  }

  now(): string[] {
    const now = this.#clock.now();
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id);
    return [...this.#until.keys()];
  }
}
