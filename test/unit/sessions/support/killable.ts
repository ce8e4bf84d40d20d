import type { ChainCalls } from '../../../../src/chains/chain-calls.ts';
import type { StateStore } from '../../../../src/pipelines/state/state-store.ts';

/**
 * The world of a process that is killed at one of its steps, a call or a write: everything up to there has happened,
 * nothing after it does, and nobody is told.
 */
export class Life {
  /** Steps that were made. */
  steps = 0;
  readonly #lastStep: number;
  readonly #isLastDone: boolean;

  /**
   * @param lastStep the step at which it is killed
   * @param isLastDone whether that step still has its effect
   */
  constructor(lastStep: number, isLastDone: boolean) {
    this.#lastStep = lastStep;
    this.#isLastDone = isLastDone;
  }

  get isOver(): boolean {
    return this.steps >= this.#lastStep;
  }

  calls(real: ChainCalls): ChainCalls {
    return { call: (method, params, options) => this.#step(() => real.call(method, params, options)) };
  }

  state(real: StateStore): StateStore {
    return {
      get: key => this.#step(() => real.get(key)),
      set: (key, value) => this.#step(() => real.set(key, value)),
      del: key => this.#step(() => real.del(key)),
      batch: changes => this.#step(() => real.batch(changes)),
      range: (from, to, limits) => this.#step(() => real.range(from, to, limits)),
      under: (prefix, limits) => this.#step(() => real.under(prefix, limits)),
      clear: (prefix, maxEntries) => this.#step(() => real.clear(prefix, maxEntries)),
      within: prefix => this.state(real.within(prefix)),
    };
  }

  async #step<Result>(action: () => Promise<Result>): Promise<Result> {
    const step = ++this.steps;
    if (step < this.#lastStep) {
      const result = await action();
      // What was answered after the end is not heard.
      if (!this.isOver || this.steps === step) return result;
    } else if (step === this.#lastStep && this.#isLastDone) await action();
    return new Promise(() => {});
  }
}
