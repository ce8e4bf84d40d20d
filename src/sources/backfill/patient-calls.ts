import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
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

export interface PatientCallOptions {
  /** Milliseconds for which answers that are not the one are borne. @default for ever */
  readonly patienceMs?: number;
  /** Told who gave the answer that was read. */
  readonly onAnswer?: (provider: string) => void;
  /** Others are asked first. */
  readonly avoid?: readonly string[];
}

/** Answers that are not the one before patience can end. */
const LEAST_ANSWERS = 3;
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
   * @throws TrunklineError `backfill_refused` (`details.rpcCode`), `backfill_undecided`
   * @throws the signal's reason, when it is aborted
   */
  async call<T>(
    method: string,
    params: readonly unknown[],
    read: ReadAnswer<T>,
    signal: AbortSignal,
    { patienceMs, onAnswer, avoid = [] }: PatientCallOptions = {},
  ): Promise<T> {
    /** Whose answer was not the one: somebody else's turn. */
    const avoided = new Set(avoid);
    let answers = 0;
    let since: number | undefined;
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted();
      let problem: unknown;
      let provider: string | undefined;
      let isAnswered = false;
      try {
        const result = await this.#deps.calls.call(method, params, {
          timeoutMs: CALL_TIMEOUT_MS,
          signal,
          ...(avoided.size === 0 ? {} : { avoid: [...avoided] }),
          onAnswer: id => {
            provider = id;
          },
        });
        isAnswered = true;
        const value = read(result);
        if (value !== undefined) {
          if (provider !== undefined) onAnswer?.(provider);
          return value;
        }
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
      if (isAnswered) {
        answers++;
        since ??= this.#deps.clock.now();
        if (provider !== undefined) avoided.add(provider);
        if (
          patienceMs !== undefined &&
          answers >= LEAST_ANSWERS &&
          this.#deps.clock.now() - since >= patienceMs
        )
          throw new TrunklineError(
            sourceErrors,
            'backfill_undecided',
            `${method} was not answered as expected`,
          );
      } else if (avoided.size > 0) {
        // The others have none either: all are asked again.
        avoided.clear();
        continue;
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
    return pause(longest * (0.5 + 0.5 * random()), signal, clock);
  }
}
