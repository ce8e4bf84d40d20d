import type { RawWriteRules } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import { scanResponse } from '../../protocol/json-rpc/scan-response.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallAnswer, CallHandler, Cancel, GatewayCall } from '../call.ts';
import { derivedCall } from '../calls.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ownError, ownResult } from '../own-answer.ts';
import { isNullResult } from '../routing/answer-check.ts';

/** Time that the look-up of a transaction may take beyond the client's deadline: the answer is worth the wait. */
const lookUpGraceMs = 2_000;

/**
 * Sends signed transactions so that the client learns their true fate. The hash is computed here; a provider that
 * "already knows" it has succeeded; after an ambiguous end the hash is looked up, and only when no provider knows it
 * are the same bytes sent to another one (the same hash cannot be carried out twice).
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
    const hash = call.params === undefined ? undefined : rules?.hash(call.params, 0, call.params.length);
    if (rules === undefined || hash === undefined) return this.#route(call, done);
    return this.#send(call, rules, hash, [], done);
  };

  #send(
    call: GatewayCall,
    rules: RawWriteRules,
    hash: string,
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
        return finish(success(call, hash, answer.provider));
      if (error !== undefined && !rules.isNonceTooLow(error)) return finish(answer);
      if (error === undefined && answer.asked.length === 0) return finish(answer);
      this.#lookUp(call, rules, hash, provider => {
        if (provider !== undefined) return finish(success(call, hash, provider));
        if (error !== undefined) return finish(answer);
        const mayResend =
          this.#clock.now() < call.deadline && all.length < call.chain.config.failover.max_attempts;
        if (mayResend && call.chain.table.providers.some(candidate => !all.includes(candidate.id))) {
          this.#send({ ...call, steering: { ...call.steering, avoid: all } }, rules, hash, all, done);
          return;
        }
        const message = `the transaction may have been sent: no provider confirmed ${hash}, none denied it`;
        finish(ownError(call.clientId, 'outcome_unknown', message, { transactionHash: hash }, all));
      });
    });
    return () => {};
  }

  /** Hands on the provider that knows the transaction, or undefined. */
  #lookUp(
    call: GatewayCall,
    rules: RawWriteRules,
    hash: string,
    then: (provider: string | undefined) => void,
  ): void {
    const lookUp = derivedCall(call.chain, rules.lookUpMethod, Buffer.from(`["${hash}"]`), {
      clientId: call.clientId,
      deadline: Math.max(call.deadline, this.#clock.now() + lookUpGraceMs),
    });
    this.#route(lookUp, answer => {
      const scanned = answer.outcome === 'answered' ? scanResponse(answer.body) : undefined;
      const isFound = scanned !== undefined && !isNullResult(answer.body, scanned);
      const result = isFound ? 'found' : scanned === undefined ? 'failed' : 'not_found';
      this.#metrics.counter(gatewayMetrics.rawWriteLookups, { chain: call.chain.name, result }).inc();
      then(isFound ? answer.provider : undefined);
    });
  }
}

function success(call: GatewayCall, hash: string, provider: string | undefined): CallAnswer {
  return { ...ownResult(call.clientId, `"${hash}"`), provider };
}

function readError(body: Buffer): { code: number; message: string } | undefined {
  return scanResponse(body)?.error;
}
