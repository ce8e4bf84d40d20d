import type { Clock } from '../clock/clock.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { retryDelay } from '../pipelines/runtime/retry-delay.ts';
import type { Log } from '../telemetry/log.ts';
import type { CounterCell } from '../telemetry/metrics.ts';
import { isUnanswered } from './session-chain.ts';
import type { SessionRecord } from './session-record.ts';
import type { FinishedRecord, SessionStore } from './session-store.ts';
import { pause, stopped } from './waits.ts';

export interface RetryingDependencies {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retries: CounterCell;
  /** A record is stored in a new form. */
  readonly onSaved: (record: SessionRecord) => void;
}

/** The end of a step: what is stored by now, what came of the event, or why the step has to be made again. */
export type StepOutcome =
  | { readonly kind: 'next'; readonly record: SessionRecord }
  | { readonly kind: 'finished'; readonly finished: FinishedRecord }
  | { readonly kind: 'failed'; readonly record: SessionRecord; readonly reason: string }
  | { readonly kind: 'unanswered' };

/** What is done about an event, in steps of which each begins with what is stored. */
export type Step = (record: SessionRecord, signal: AbortSignal) => Promise<StepOutcome>;

/**
 * Makes steps until one of them finishes the event. A step that failed is made again by the policy; one that nobody answered
 * is no attempt: it is made again for as long as it takes.
 */
export class Retrying {
  readonly #policy: SessionsConfig['retry'];
  readonly #deps: RetryingDependencies;
  #unanswered = 0;

  constructor(policy: SessionsConfig['retry'], deps: RetryingDependencies) {
    this.#policy = policy;
    this.#deps = deps;
  }

  /** Events that wait for somebody to answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** @throws SessionError `session_stopped`; what was stored last is where the next run goes on */
  async run(start: SessionRecord, step: Step, signal: AbortSignal): Promise<FinishedRecord> {
    let record = start;
    for (let silent = 0; ; ) {
      if (signal.aborted) throw stopped();
      const outcome = await this.#try(record, step, signal);
      if (outcome.kind === 'finished') return outcome.finished;
      if (outcome.kind === 'unanswered') {
        // The store may be further than this: what it holds is what counts.
        record = (await this.#stored(record, signal)) ?? record;
        silent++;
        await this.#waitForAnswer(silent, signal);
        continue;
      }
      silent = 0;
      record = outcome.record;
      if (outcome.kind === 'next') continue;
      record = { ...record, attempts: record.attempts + 1, reason: outcome.reason };
      if (record.attempts >= this.#policy.attempts)
        return { record: { ...record, state: 'failed' }, result: 'failed' };
      this.#deps.log.debug('a session is tried again', {
        session: record.sessionId,
        kind: record.kind,
        attempts: record.attempts,
        reason: record.reason,
      });
      this.#deps.retries.inc();
      await this.save(record, signal);
      await pause(this.#deps.clock, this.#delay(record.attempts), signal);
    }
  }

  /** Stores a record, for as long as it takes. @throws SessionError `session_stopped` */
  async save(record: SessionRecord, signal: AbortSignal): Promise<void> {
    await this.persist(() => this.#deps.store.save(record), signal);
    this.#deps.onSaved(record);
  }

  /** Writes or reads until the storage does it. @throws SessionError `session_stopped` */
  async persist<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (let tries = 1; ; tries++) {
      if (signal.aborted) throw stopped();
      try {
        return await action();
      } catch (error) {
        if (signal.aborted) throw error;
        if (tries === 1)
          this.#deps.log.error('the storage of sessions failed; tried until it works', { error });
        await pause(this.#deps.clock, this.#delay(tries), signal);
      }
    }
  }

  async #try(record: SessionRecord, step: Step, signal: AbortSignal): Promise<StepOutcome> {
    try {
      return await step(record, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isUnanswered(error)) return { kind: 'unanswered' };
      const { message } = error as Error;
      this.#deps.log.warn('a step of a session failed', {
        session: record.sessionId,
        kind: record.kind,
        error,
      });
      const stored = (await this.#stored(record, signal)) ?? record;
      return { kind: 'failed', record: stored, reason: message };
    }
  }

  #stored(record: SessionRecord, signal: AbortSignal): Promise<SessionRecord | undefined> {
    return this.persist(() => this.#deps.store.read(record), signal);
  }

  async #waitForAnswer(tries: number, signal: AbortSignal): Promise<void> {
    this.#unanswered++;
    try {
      await pause(this.#deps.clock, this.#delay(tries), signal);
    } finally {
      this.#unanswered--;
    }
  }

  #delay(tries: number): number {
    const { delay, max_delay, multiplier, jitter, attempts } = this.#policy;
    const policy = { attempts, delayMs: delay, maxDelayMs: max_delay, multiplier, jitter };
    return retryDelay(policy, Math.min(tries, 64), this.#deps.random());
  }
}
