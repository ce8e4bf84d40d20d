import type { IncomingHttpHeaders } from 'node:http';
import type { FailureClass } from '../chains/chain-family.ts';
import type { CircuitBreaker, Permit } from '../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../clock/clock.ts';
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
  readonly reader: AnswerReader;
  readonly coolDown: CoolDown;
  readonly unsupported: UnsupportedMethods;
  readonly scores: MethodScores;
  readonly counters: AttemptCounters;
  /** An attempt got no answer in a time in which others do. */
  onSilence(now: number): void;
}

/** A wait without any answer that looks like a hang, given up by the caller: this much longer than the 95th percentile. */
const SILENCE_FACTOR = 4;
const MIN_SILENCE_MS = 1000;

/** One call at one provider: turns what its transport reports into an outcome and feeds breaker, cool-down and scores. */
export class Attempt implements HttpReceiver, SocketReceiver {
  readonly isRepeatable: boolean;
  readonly #host: AttemptHost;
  readonly #call: UpstreamCall;
  readonly #transport: Transport;
  readonly #breaker: CircuitBreaker;
  readonly #permit: Permit;
  readonly #startedAt: number;
  readonly #done: (outcome: AttemptOutcome) => void;

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

  /** The caller gave up; its transport has been told. */
  cancelled(): void {
    const { clock, scores, counters } = this.#host;
    const { label } = this.#call.policy;
    const now = clock.now();
    const waited = now - this.#startedAt;
    this.#breaker.release(this.#permit);
    counters.cancelled(this.#transport);
    const score = scores.known(label);
    // A loser of a race is at least this slow; without this a slow provider would keep the latency of its few wins.
    if (waited > score.latencyMs) scores.wait(label, waited, false);
    if (waited >= Math.max(MIN_SILENCE_MS, SILENCE_FACTOR * score.sketch.p95)) this.#host.onSilence(now);
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
      this.#host.onSilence(now);
    } else if (failure === 'failure') scores.fail(label);
    counters.failed(this.#transport, failure, code, durationMs);
    this.#done({ kind: 'failed', failure, code, reason: reasons[code], sent, durationMs });
  }
}

/** What a lost attempt is called in a list of reasons; the catalogue's sentences are for the documentation. */
const reasons: Readonly<Record<ProviderErrorCode, string>> = Object.fromEntries(
  Object.keys(providerErrors).map(code => [code, code.replaceAll('_', ' ')]),
) as Record<ProviderErrorCode, string>;
