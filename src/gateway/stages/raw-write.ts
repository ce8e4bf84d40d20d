import type { RawWriteRules } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import { scanResponse } from '../../protocol/json-rpc/scan-response.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallAnswer, CallHandler, Cancel, GatewayCall } from '../call.ts';
import { derivedCall } from '../calls.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ownError, ownResult } from '../own-answer.ts';

/** Time that the look-up of a transaction may take beyond the client's deadline: the answer is worth the wait. */
const lookUpGraceMs = 2_000;

/**
 * Sends signed transactions so that the client learns their true fate. What the chain calls one is computed here; a
 * provider that "already knows" it has succeeded; after an ambiguous end it is looked up, and only when no provider
 * knows it are the same bytes sent to another one (no chain carries the same ones out twice).
 */
export class RawWriteStage {
  readonly #route: CallHandler;
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;

  constructor(
    route: CallHandler,
    { clock, metrics }: { readonly clock: Clock; readonly metrics: MetricRegistry },
  ) {
    this.#route = route;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  readonly handle: CallHandler = (call, done) => {
    const rules = call.chain.family.rawWrite;
    const id = call.params === undefined ? undefined : rules?.id(call.params, 0, call.params.length);
    if (rules === undefined || id === undefined) return this.#route(call, done);
    return this.#send(call, rules, id, [], done);
  };

  #send(
    call: GatewayCall,
    rules: RawWriteRules,
    id: string,
    asked: readonly string[],
    done: (answer: CallAnswer) => void,
  ): Cancel {
    // Not cancelled when the client leaves: the transaction is on its way.
    this.#route(call, answer => {
      const all = [...asked, ...answer.asked];
      const finish = (final: CallAnswer) => done({ ...final, asked: all, attempts: all.length });
      if (answer.outcome === 'answered') return finish(answer);
      const error = answer.outcome === 'upstream_error' ? readError(answer.body) : undefined;
      if (error !== undefined && rules.isAlreadyKnown(error))
        return finish(success(call, id, answer.provider));
      if (error !== undefined && !rules.isSpent(error)) return finish(answer);
      if (error === undefined && answer.asked.length === 0) return finish(answer);
      this.#lookUp(call, rules, id, provider => {
        if (provider !== undefined) return finish(success(call, id, provider));
        if (error !== undefined) return finish(answer);
        const mayResend =
          this.#clock.now() < call.deadline && all.length < call.chain.config.failover.max_attempts;
        if (mayResend && call.chain.table.providers.some(candidate => !all.includes(candidate.id))) {
          this.#send({ ...call, steering: { ...call.steering, avoid: all } }, rules, id, all, done);
          return;
        }
        const message = `the transaction may have been sent: no provider confirmed ${id}, none denied it`;
        finish(ownError(call.clientId, 'outcome_unknown', message, { [rules.idName]: id }, all));
      });
    });
    return () => {};
  }

  /** Hands on the provider that knows the transaction, or undefined. */
  #lookUp(
    call: GatewayCall,
    rules: RawWriteRules,
    id: string,
    then: (provider: string | undefined) => void,
  ): void {
    const { method, params } = rules.lookUp(id);
    const lookUp = derivedCall(call.chain, method, Buffer.from(params), {
      clientId: call.clientId,
      deadline: Math.max(call.deadline, this.#clock.now() + lookUpGraceMs),
    });
    this.#route(lookUp, answer => {
      const scanned = answer.outcome === 'answered' ? scanResponse(answer.body) : undefined;
      const { answers } = call.chain.family;
      const isFound =
        scanned !== undefined &&
        answers.missing(method, answer.body, scanned.resultStart, scanned.resultEnd) === 0;
      const result = isFound ? 'found' : scanned === undefined ? 'failed' : 'not_found';
      this.#metrics.counter(gatewayMetrics.rawWriteLookups, { chain: call.chain.name, result }).inc();
      then(isFound ? answer.provider : undefined);
    });
  }
}

function success(call: GatewayCall, id: string, provider: string | undefined): CallAnswer {
  return { ...ownResult(call.clientId, `"${id}"`), provider };
}

function readError(body: Buffer): { code: number; message: string } | undefined {
  return scanResponse(body)?.error;
}
