import type { ScannedResponse } from '../../protocol/json-rpc/scan-response.ts';
import { replaceId, resultResponse } from '../../protocol/json-rpc/write.ts';
import type { InFlightItem } from '../../providers/in-flight.ts';
import type { Provider } from '../../providers/provider.ts';
import type { AttemptOutcome } from '../../providers/upstream-call.ts';
import type { CallAnswer, GatewayCall } from '../call.ts';
import { ownError } from '../own-answer.ts';
import type { Attempt } from './attempt.ts';
import type { Router } from './router.ts';

interface Answer {
  readonly body: Buffer;
  readonly scanned: ScannedResponse;
  readonly provider: string;
  /** It is below what clients have seen on this line, which is what it has to tell. */
  readonly staleOn?: string;
}

/** Providers asked once more before a null is believed. */
const maxNullChecks = 1;
/** How long a call waits for providers that are being started or checked, before it is told that nobody can answer. */
const returnWaitMs = 1_000;

/** One call's way over the providers: select, attempt, hedge, fail over, within one monotonic deadline. */
export class RoutedCall implements InFlightItem {
  position = -1;
  readonly #router: Router;
  readonly #call: GatewayCall;
  readonly #done: (answer: CallAnswer) => void;
  readonly #tried: Provider[] = [];
  readonly #live: Attempt[] = [];
  readonly #failures: { id: string; reason: string }[] = [];
  readonly #asked: string[] = [];
  #ended = false;
  /** An answer to fall back on when nobody gives a better one: a null, a stale head, an upstream's own error. */
  #held: Answer | undefined;
  /** Things that were looked up and that the held answer does not have. */
  #heldMissing = Number.POSITIVE_INFINITY;
  #nulls = 0;
  #wasSent = false;
  #leaveQueue: (() => void) | undefined;
  /** Until when it waits for a provider that is being started or checked. */
  #waitsUntil: number | undefined;
  #hasWaited = false;

  constructor(router: Router, call: GatewayCall, done: (answer: CallAnswer) => void) {
    this.#router = router;
    this.#call = call;
    this.#done = done;
    for (const id of call.steering.avoid ?? []) {
      const provider = call.chain.table.get(id);
      if (provider !== undefined) this.#tried.push(provider);
    }
  }

  start(now: number): void {
    const provider = this.#select(now);
    if (provider === undefined) this.#conclude(now);
    else this.#launch(provider, now, false);
  }

  /** The client went away: reads are cancelled; what may change state is left to finish upstream. */
  cancel(): void {
    if (this.#ended) return;
    this.#end();
    for (const attempt of this.#live) {
      if (this.#call.policy.dispatch === 'failover') attempt.cancel();
      if (attempt.isRetry) this.#router.budget.release();
    }
    this.#live.length = 0;
  }

  /** Called by the router's sweep: ends the call at its deadline, hedges an attempt that is slow if `mayHedge`. */
  onTick(now: number, mayHedge: boolean): void {
    if (this.#ended) return;
    if (now >= this.#call.deadline) {
      this.#expire();
      return;
    }
    if (this.#waitsUntil !== undefined) {
      this.#lookAgain(now, this.#waitsUntil);
      return;
    }
    if (!mayHedge) return;
    const slow = this.#live[0];
    if (this.#live.length !== 1 || slow === undefined || !this.#call.policy.hedge) return;
    if (
      now - slow.startedAt < this.#router.hedgeDelayMs(slow.provider, this.#call.policy.label) ||
      !this.#mayTryMore()
    )
      return;
    const other = this.#select(now);
    if (other === undefined || !this.#router.budget.tryTake()) return;
    this.#router.counters.hedges.inc();
    this.#launch(other, now, true);
  }

  #launch(provider: Provider, now: number, isRetry: boolean): void {
    this.#asked.push(provider.id);
    this.#tried.push(provider);
    const remaining = this.#call.deadline - now;
    const isLast = !this.#mayTryMore() || this.#tried.length >= this.#call.chain.table.providers.length;
    const share = isLast ? remaining : remaining * this.#router.failover.attempt_share;
    const timeoutMs =
      this.#call.policy.dispatch === 'raw_write'
        ? Math.min(share, this.#router.failover.raw_write_timeout)
        : share;
    const attempt: Attempt = { provider, startedAt: now, isRetry, cancel: () => {} };
    this.#live.push(attempt);
    attempt.cancel = provider.attempt(this.#call, timeoutMs, outcome => this.#onOutcome(attempt, outcome));
  }

  #onOutcome(attempt: Attempt, outcome: AttemptOutcome): void {
    const at = this.#live.indexOf(attempt);
    if (at >= 0) this.#live.splice(at, 1);
    if (this.#ended) {
      this.#router.settled(attempt);
      return;
    }
    if (attempt.isRetry) this.#router.budget.release();
    const now = this.#router.clock.now();
    if (outcome.kind === 'answer') {
      const answer: Answer = { body: outcome.body, scanned: outcome.scanned, provider: attempt.provider.id };
      const best = this.#judge(answer);
      if (best === undefined) this.#goOn(now);
      else this.#finish(best);
      return;
    }
    this.#failures.push({ id: attempt.provider.id, reason: outcome.reason });
    this.#wasSent ||= outcome.sent;
    if (outcome.answer !== undefined && this.#held === undefined) {
      this.#held = { ...outcome.answer, provider: attempt.provider.id };
    }
    if (this.#mayGoOnAfter(outcome)) this.#goOn(now);
    else this.#conclude(now);
  }

  /** Reads go on; a write goes on when it cannot have been carried out, signed bytes also when they were refused in words. */
  #mayGoOnAfter(outcome: AttemptOutcome & { kind: 'failed' }): boolean {
    const { dispatch } = this.#call.policy;
    if (dispatch === 'failover') return outcome.failure !== 'too_large';
    if (!outcome.sent) return true;
    return dispatch === 'raw_write' && (outcome.answer !== undefined || outcome.failure === 'rate_limited');
  }

  /** A null for a lookup, and a head that is absurd or behind what clients have seen, are held while others can be asked. */
  #judge(answer: Answer): Answer | undefined {
    const { policy, demand, chain } = this.#call;
    const { body, scanned } = answer;
    const { resultStart: start, resultEnd: end } = scanned;
    if (start < 0) return answer;
    const { answers } = chain.family;
    if (!policy.nullIsFinal) {
      const missing = answers.missing(policy.method, body, start, end);
      if (missing > 0) return this.#judgeIncomplete(answer, missing);
    }
    const shown = answers.shown(policy, demand, body, start, end);
    if (shown === undefined) return answer;
    const { line, number, rule } = shown;
    if (rule !== 'noted') {
      if (number === undefined || !chain.heads.isPlausible(number)) {
        this.#held ??= answer;
        return undefined;
      }
      if (number < chain.heads.floorOf(line)) {
        const stale = { ...answer, staleOn: line };
        if (rule === 'checked') {
          this.#held = stale;
          return undefined;
        }
        chain.heads.noteAnswered(number, line);
        return stale;
      }
    }
    if (number !== undefined) chain.heads.noteAnswered(number, line);
    return answer;
  }

  /** The most complete of the answers is held, and believed when enough providers were asked. */
  #judgeIncomplete(answer: Answer, missing: number): Answer | undefined {
    if (missing < this.#heldMissing) {
      this.#held = answer;
      this.#heldMissing = missing;
    }
    return this.#nulls++ >= maxNullChecks ? this.#held : undefined;
  }

  #goOn(now: number): void {
    if (this.#live.length > 0) return;
    if (!this.#mayTryMore() || this.#select(now) === undefined) {
      this.#conclude(now);
      return;
    }
    if (this.#router.budget.tryTake()) {
      this.#retry(now);
      return;
    }
    this.#router.counters.retriesDelayed.inc();
    this.#leaveQueue = this.#router.budget.wait(() => {
      this.#leaveQueue = undefined;
      this.#retry(this.#router.clock.now());
    });
    if (this.#leaveQueue === undefined) this.#conclude(now);
  }

  /** Holds a place in the retry budget already. */
  #retry(now: number): void {
    const provider = this.#select(now);
    if (provider === undefined) {
      this.#router.budget.release();
      this.#conclude(now);
      return;
    }
    this.#router.counters.retries.inc();
    this.#launch(provider, now, true);
  }

  #lookAgain(now: number, until: number): void {
    const provider = this.#select(now);
    const isReturning = this.#router.selector.isAnyReturning(this.#call.steering, this.#tried, now);
    if (provider === undefined && isReturning && now < until) return;
    this.#waitsUntil = undefined;
    this.#hasWaited = true;
    if (provider === undefined) this.#conclude(now);
    else if (this.#asked.length === 0) this.#launch(provider, now, false);
    else this.#goOn(now);
  }

  #mayTryMore(): boolean {
    return (
      this.#asked.length < this.#router.failover.max_attempts && this.#call.steering.useProvider === undefined
    );
  }

  #select(now: number): Provider | undefined {
    return this.#router.selector.select(this.#call, this.#call.steering, this.#tried, now);
  }

  #conclude(now: number): void {
    if (this.#live.length > 0) return;
    const held = this.#held;
    if (held !== undefined) {
      this.#finish(held);
      return;
    }
    const { clientId, policy, chain, steering } = this.#call;
    if (policy.dispatch !== 'failover' && this.#wasSent) {
      this.#own(
        ownError(
          clientId,
          'outcome_unknown',
          `${policy.label}: the provider's answer was lost; it may have been carried out`,
          { providers: this.#failures },
          this.#asked,
        ),
      );
      return;
    }
    const mayWait = !this.#hasWaited && (this.#asked.length === 0 || this.#mayTryMore());
    const { selector } = this.#router;
    if (mayWait) {
      selector.want(steering, this.#tried, now);
      if (selector.isAnyReturning(steering, this.#tried, now)) {
        this.#router.counters.waits.inc();
        this.#waitsUntil = now + returnWaitMs;
        return;
      }
    }
    if (selector.isUnsupported(this.#call, steering, now)) {
      const message = `the method is not available at any provider of ${chain.name}`;
      this.#own(ownError(clientId, 'method_unsupported', message, {}, this.#asked));
      return;
    }
    const known = new Set(this.#failures.map(failure => failure.id));
    const refusals = selector.refusals(this.#call, now).filter(refusal => !known.has(refusal.id));
    const providers = [...this.#failures, ...refusals];
    const message = chain.unavailable ?? `no provider of ${chain.name} could answer`;
    this.#own(
      ownError(
        clientId,
        chain.unavailable === undefined ? 'no_provider' : 'chain_unavailable',
        message,
        { providers },
        this.#asked,
      ),
    );
  }

  #expire(): void {
    for (const attempt of this.#live) {
      this.#failures.push({ id: attempt.provider.id, reason: 'no answer before the deadline' });
      this.#router.abandon(attempt);
    }
    const mayHaveRun = this.#call.policy.dispatch !== 'failover' && (this.#wasSent || this.#live.length > 0);
    this.#live.length = 0;
    if (this.#held !== undefined) {
      this.#finish(this.#held);
      return;
    }
    const code = mayHaveRun ? 'outcome_unknown' : 'deadline_exceeded';
    this.#own(
      ownError(
        this.#call.clientId,
        code,
        `no answer from ${this.#call.chain.name} within ${this.#router.failover.deadline} ms`,
        { providers: this.#failures },
        this.#asked,
      ),
    );
  }

  #finish(answer: Answer): void {
    const { clientId, idBytes, method, chain } = this.#call;
    const { staleOn } = answer;
    const raised =
      staleOn === undefined ? undefined : chain.family.answers.result(method, chain.heads.floorOf(staleOn));
    let { body } = answer;
    if (raised !== undefined) body = resultResponse(clientId, raised);
    else if (clientId !== idBytes) body = replaceId(body, answer.scanned, clientId);
    this.#own({
      body,
      provider: answer.provider,
      attempts: this.#asked.length,
      asked: this.#asked,
      status: 200,
      outcome: answer.scanned.errorStart >= 0 ? 'upstream_error' : 'answered',
    });
  }

  #own(answer: CallAnswer): void {
    this.#end();
    for (const attempt of this.#live) this.#router.abandon(attempt);
    this.#live.length = 0;
    this.#done(answer);
  }

  #end(): void {
    this.#ended = true;
    this.#leaveQueue?.();
    this.#router.ended(this);
  }
}
