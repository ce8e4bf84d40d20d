import type { IncomingHttpHeaders } from 'node:http';
import type { FailureClass } from '../chains/chain-family.ts';
import type { CircuitBreaker, Permit } from '../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../clock/clock.ts';
import type { Deadline, DeadlineWheel } from '../clock/deadline-wheel.ts';
import type { ScannedResponse } from '../protocol/json-rpc/scan-response.ts';
import type { AnswerReader, ReadAnswer } from './answer-reader.ts';
import type { AttemptCounters, Transport } from './attempt-counters.ts';
import { type CoolDown, retryAfterMs } from './cool-down.ts';
import { type ProviderErrorCode, providerErrors } from './errors.ts';
import type { HttpReceiver } from './http-exchange.ts';
import type { MethodScores } from './method-scores.ts';
import type { SocketReceiver } from './socket-exchange.ts';
import type { UnsupportedMethods } from './unsupported-methods.ts';
import type { AttemptOutcome, UpstreamCall } from './upstream-call.ts';

/** The provider's plain objects that attempts read and feed. */
export interface AttemptHost {
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  readonly reader: AnswerReader;
  readonly coolDown: CoolDown;
  readonly unsupported: UnsupportedMethods;
  readonly scores: MethodScores;
  readonly counters: AttemptCounters;
  /** An attempt got no answer in a time in which others do. */
  onSilence(transport: Transport, now: number): void;
}

/** A wait without any answer that looks like a hang, given up by the caller: this much longer than the 95th percentile. */
const SILENCE_FACTOR = 4;
const MIN_SILENCE_MS = 1000;

/** How long a trial of a breaker may be silent that its caller has given up: as long as a race's loser is watched. */
const TRIAL_SILENCE_MS = 3000;
/** What is left to it at least: an answer may have arrived while this process was busy. */
const LAST_CHANCE_MS = 100;

/** What a transport runs for an attempt. */
export interface RunningExchange extends Deadline {
  /** Gives up without telling the receiver. Returns false when it was over already. */
  cancel(): boolean;
}

/** One call at one provider: turns what its transport reports into an outcome and feeds breaker, cool-down and scores. */
export class Attempt implements HttpReceiver, SocketReceiver {
  readonly isRepeatable: boolean;
  readonly #host: AttemptHost;
  readonly #call: UpstreamCall;
  readonly #transport: Transport;
  readonly #breaker: CircuitBreaker;
  readonly #permit: Permit;
  readonly #startedAt: number;
  #done: (outcome: AttemptOutcome) => void;

  constructor(
    host: AttemptHost,
    call: UpstreamCall,
    transport: Transport,
    breaker: CircuitBreaker,
    permit: Permit,
    startedAt: number,
    done: (outcome: AttemptOutcome) => void,
  ) {
    this.#host = host;
    this.#call = call;
    this.#transport = transport;
    this.#breaker = breaker;
    this.#permit = permit;
    this.#startedAt = startedAt;
    this.#done = done;
    this.isRepeatable = call.policy.dispatch === 'failover';
    host.counters.started();
  }

  onHttpAnswer(status: number, headers: IncomingHttpHeaders, body: Buffer): void {
    const read = this.#host.reader.readHttp(this.#call, status, body);
    this.#finish(read, headers['retry-after']);
  }

  onHttpFailure(code: ProviderErrorCode, sent: boolean): void {
    this.#lost(code, sent);
  }

  onSocketAnswer(body: Buffer, scanned: ScannedResponse): void {
    this.#finish(this.#host.reader.readSocket(this.#call, body, scanned), undefined);
  }

  onSocketFailure(code: ProviderErrorCode, sent: boolean): void {
    this.#lost(code, sent);
  }

  /**
   * The caller gives up: `exchange` is cancelled. One that a half-open breaker let through to find out how the provider
   * is runs on unheard, for a bounded time: else a provider that hangs would be asked again as often as callers lose
   * patience, and never fail.
   */
  giveUp(exchange: RunningExchange, timeoutMs: number): void {
    if (this.#done === unheard) return;
    const { clock, deadlines, scores } = this.#host;
    const isWaiting = exchange.next !== undefined;
    if (!isWaiting || !this.#breaker.isTrial(this.#permit)) {
      if (exchange.cancel()) this.#cancelled();
      return;
    }
    this.#done = unheard;
    const now = clock.now();
    const silence = SILENCE_FACTOR * scores.known(this.#call.policy.label).sketch.p95;
    const limitMs = Math.min(timeoutMs, Math.max(TRIAL_SILENCE_MS, silence));
    deadlines.remove(exchange);
    deadlines.add(exchange, Math.max(LAST_CHANCE_MS, this.#startedAt + limitMs - now), now);
  }

  #cancelled(): void {
    const { clock, scores, counters } = this.#host;
    const { label } = this.#call.policy;
    const now = clock.now();
    const waited = now - this.#startedAt;
    this.#breaker.release(this.#permit);
    counters.cancelled(this.#transport);
    const score = scores.known(label);
    // A loser of a race is at least this slow; without this a slow provider would keep the latency of its few wins.
    if (waited > score.latencyMs) scores.wait(label, waited, false);
    if (waited >= Math.max(MIN_SILENCE_MS, SILENCE_FACTOR * score.sketch.p95))
      this.#host.onSilence(this.#transport, now);
  }

  #finish(read: ReadAnswer, retryAfter: string | undefined): void {
    const { clock, coolDown, unsupported, scores, counters } = this.#host;
    const { policy } = this.#call;
    const now = clock.now();
    const durationMs = now - this.#startedAt;
    if (read.kind === 'answer') {
      this.#breaker.success(this.#permit);
      coolDown.served(this.#startedAt);
      scores.answer(policy.label, durationMs);
      counters.answered(this.#transport, durationMs);
      this.#done({ kind: 'answer', body: read.body, scanned: read.scanned, durationMs });
      return;
    }
    if (read.failure === 'failure') {
      this.#breaker.failure(this.#permit, read.code);
      scores.fail(policy.label);
    } else if (read.failure === 'rate_limited') {
      this.#breaker.release(this.#permit);
      coolDown.limited(now, retryAfterMs(retryAfter, clock.wallNow()));
    } else {
      // It answered, only not with what was wanted.
      this.#breaker.success(this.#permit);
      scores.answer(policy.label, durationMs);
      if (read.failure === 'unsupported') unsupported.remember(policy.method, now);
    }
    counters.failed(this.#transport, read.failure, read.code, durationMs);
    this.#done({ ...read, sent: true, durationMs });
  }

  #lost(code: ProviderErrorCode, sent: boolean): void {
    const { clock, scores, counters } = this.#host;
    const { label } = this.#call.policy;
    const now = clock.now();
    const durationMs = now - this.#startedAt;
    const definition: { sentence: string; penalizesBreaker?: boolean } = providerErrors[code];
    const failure: Exclude<FailureClass, 'answer'> =
      definition.penalizesBreaker === true ? 'failure' : 'elsewhere';
    if (failure === 'failure') this.#breaker.failure(this.#permit, code);
    else this.#breaker.release(this.#permit);
    if (code === 'attempt_timeout') {
      scores.wait(label, durationMs, true);
      this.#host.onSilence(this.#transport, now);
    } else if (failure === 'failure') scores.fail(label);
    counters.failed(this.#transport, failure, code, durationMs);
    this.#done({ kind: 'failed', failure, code, reason: reasons[code], sent, durationMs });
  }
}

function unheard(): void {}

/** What a lost attempt is called in a list of reasons; the catalogue's sentences are for the documentation. */
const reasons: Readonly<Record<ProviderErrorCode, string>> = Object.fromEntries(
  Object.keys(providerErrors).map(code => [code, code.replaceAll('_', ' ')]),
) as Record<ProviderErrorCode, string>;
