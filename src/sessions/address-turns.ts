/** Lets actions for the same address happen one after another. */
export class AddressTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<Result>(address: string, action: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(address);
    const turn = before === undefined ? action() : before.then(action, action);
    this.#last.set(address, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(address) === turn) this.#last.delete(address);
    }
  }
}
