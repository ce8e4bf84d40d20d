/** How long a provider's "no such method" is believed, and for how many methods. */
export interface UnsupportedMethodsOptions {
  /** Methods remembered; the one remembered longest makes room. @default 256 */
  readonly maxMethods: number;
  /** Milliseconds after which the method is tried again: plans and nodes get upgraded. @default 600000 */
  readonly forgetAfterMs: number;
}

/** The methods that one provider said it does not serve. */
export class UnsupportedMethods {
  readonly #options: UnsupportedMethodsOptions;
  readonly #until = new Map<string, number>();

  constructor(options: UnsupportedMethodsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#until.size;
  }

  has(method: string, now: number): boolean {
    if (this.#until.size === 0) return false;
    const until = this.#until.get(method);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(method);
    return false;
  }

  remember(method: string, now: number): void {
    this.#until.delete(method);
    if (this.#until.size >= this.#options.maxMethods) {
      for (const oldest of this.#until.keys()) {
        this.#until.delete(oldest);
        break;
      }
    }
    this.#until.set(method, now + this.#options.forgetAfterMs);
  }
}
