/** Exact blooms in a row after which a chain that was doubted is trusted again. */
const recovery = 8;

/**
 * Whether a chain's blooms tell its logs. Until one has, no block is left out because of its bloom: on some chains it
 * is empty in every header. Not to be confused with a provider that lies: that is a matter of one answer.
 */
export class BloomTrust {
  #state: 'unproven' | 'proven' | 'doubted' | 'unreliable' = 'unproven';
  #exactInARow = 0;

  /** A block may be left out when its bloom excludes what is wanted. */
  get isProven(): boolean {
    return this.#state === 'proven';
  }

  /** Nothing is known yet. */
  get isOpen(): boolean {
    return this.#state === 'unproven';
  }

  /** An answer is to be judged by what several providers say. */
  get isLost(): boolean {
    return this.#state === 'doubted' || this.#state === 'unreliable';
  }

  /** The logs of a block were exactly those of its bloom, which was not empty. */
  confirm(): void {
    if (this.#state === 'unproven') this.#state = 'proven';
    if (this.#state === 'doubted' && ++this.#exactInARow >= recovery) this.#state = 'proven';
  }

  /** Everybody gives logs that the bloom excludes: it lacks some, and always may. */
  lose(): void {
    this.#state = 'unreliable';
  }

  /** Everybody gives fewer logs than the bloom has, and has for long. */
  doubt(): void {
    this.#exactInARow = 0;
    if (this.#state !== 'unreliable') this.#state = 'doubted';
  }
}
