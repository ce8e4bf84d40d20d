import { dispatch, type Ref, spawn, start, stop } from 'nact';

type Wake = 'wake';

const wake: Wake = 'wake';

// A fault never reaches nact: `run` catches everything. Should one do so all the same, stopping is the only
// decision of nact that leaves no half-alive actor behind.
const properties = {
  onCrash: (_message: unknown, _error: unknown, context: { stop: symbol }) => context.stop as symbol,
};

/** Runs processes serially on nact actors: one turn of the event loop per wake-up, never two at once. */
export class Executor {
  readonly #root = start();

  /**
   * Makes an actor for one process.
   *
   * @param name unique within the executor for ever, so that a stale reference never reaches a successor
   * @param run must not throw or reject
   */
  spawn(name: string, run: () => void | Promise<void>): Runner {
    return new Runner(spawn(this.#root, run as () => void, name, properties as object) as Ref<Wake>);
  }

  stop(): void {
    stop(this.#root);
  }
}

/** The actor of one process. */
export class Runner {
  readonly #ref: Ref<Wake>;

  constructor(ref: Ref<Wake>) {
    this.#ref = ref;
  }

  /** Has `run` called in a later turn, after the run that is under way. */
  wake(): void {
    dispatch(this.#ref, wake);
  }

  stop(): void {
    stop(this.#ref);
  }
}
