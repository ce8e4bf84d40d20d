/** How many subjects all streams of a chain may keep in mind together, beyond one each. */
export class SubjectBudget {
  readonly #limit: number;
  #taken = 0;

  /** @param limit subjects, @default 100000 */
  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes room for one more; false: there is none. */
  take(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  give(count: number): void {
    this.#taken -= count;
  }
}
