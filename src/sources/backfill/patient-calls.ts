import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { Clock } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import { sourceErrors } from '../errors.ts';

export interface PatientCallsDeps {
  readonly calls: ChainCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: CounterCell;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What an answer is good for: `undefined` means that it is not the one, and the call is made again. */
export type ReadAnswer<T> = (result: unknown) => T | undefined;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
const CALL_TIMEOUT_MS = 15_000;

/**
 * Answers that no repetition changes: -32600 to -32602 (what was asked for is not understood), -32001 (the block is cleaned
 * up), -32007 and -32009 (the slot was skipped, or is not kept), -32011 (there is no history).
 */
const refusals: ReadonlySet<unknown> = new Set([-32600, -32601, -32602, -32001, -32007, -32009, -32011]);

/** Makes calls until they are answered, with waits that grow; only the end of the signal or a refusal ends them. */
export class PatientCalls {
  readonly #deps: PatientCallsDeps;

  constructor(deps: PatientCallsDeps) {
    this.#deps = deps;
  }

  /**
   * @param read makes the value of the answer; undefined: ask again
   * @throws TrunklineError `backfill_refused` (`details.rpcCode`)
   * @throws the signal's reason, when it is aborted
   */
  async call<T>(
    method: string,
    params: readonly unknown[],
    read: ReadAnswer<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted();
      let problem: unknown;
      try {
        const result = await this.#deps.calls.call(method, params, { timeoutMs: CALL_TIMEOUT_MS, signal });
        const value = read(result);
        if (value !== undefined) return value;
        problem = new TrunklineError(sourceErrors, 'backfill_malformed', `${method} is not answered yet`);
      } catch (error) {
        signal.throwIfAborted();
        const rpcCode = error instanceof TrunklineError ? error.details.rpcCode : undefined;
        if (refusals.has(rpcCode)) {
          const message = `${method} was refused with ${rpcCode}`;
          throw new TrunklineError(sourceErrors, 'backfill_refused', message, {
            cause: error,
            details: { rpcCode },
          });
        }
        problem = error;
      }
      this.#deps.retries.inc();
      if (failures % 10 === 2)
        this.#deps.log.warn('a backfill waits for its providers', { method, error: problem });
      await this.#wait(failures, signal);
    }
  }

  #wait(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
    return new Promise(resolve => {
      const end = () => {
        clock.clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = clock.setTimeout(end, longest * (0.5 + 0.5 * random()));
      signal.addEventListener('abort', end);
    });
  }
}
