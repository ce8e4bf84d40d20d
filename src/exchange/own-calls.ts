import type { StreamReads } from '../aggregation/gap-reader.ts';
import type { ChainCallOptions, ChainCalls } from '../chains/chain-calls.ts';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { CallAnswer, Steering } from '../gateway/call.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import { derivedCall } from '../gateway/calls.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import { scanResponse } from '../protocol/json-rpc/scan-response.ts';
import { exchangeErrors } from './errors.ts';

/** One call of a chain's own. */
export interface OwnCall {
  readonly method: string;
  /** A JSON array. */
  readonly params: string;
  readonly timeoutMs: number;
  readonly steering: Steering;
  readonly signal: AbortSignal | undefined;
  /** Told how many calls went to providers, also where there is no answer. */
  readonly onSent?: (calls: number) => void;
}

/** What the calls need. */
export interface OwnCallsDeps {
  /** The gateway's pipeline: these calls go the way of every client's; undefined while the gateway is down. */
  readonly pipeline: () => Pick<CallPipeline, 'handle'> | undefined;
  readonly clock: Clock;
}

const id = Buffer.from('1');
const defaultTimeoutMs = 5_000;
/** For one provider of several that are asked in turn. */
const turnMs = 2_000;
/** The pipeline ends a call at its deadline; when the gateway goes down it may end none. */
const graceMs = 500;

/** Trunkline's own calls to one chain, over all its providers. */
export class OwnCalls implements ChainCalls, StreamReads {
  readonly #chain: ChainRuntime;
  readonly #deps: OwnCallsDeps;

  constructor(chain: ChainRuntime, deps: OwnCallsDeps) {
    this.#chain = chain;
    this.#deps = deps;
  }

  async call(method: string, params: readonly unknown[], options: ChainCallOptions = {}): Promise<unknown> {
    const { timeoutMs = defaultTimeoutMs, useProvider, avoid, signal, onAnswer } = options;
    const answer = await this.ask({
      method,
      params: JSON.stringify(params),
      timeoutMs,
      steering: {
        ...(useProvider === undefined ? {} : { useProvider }),
        ...(avoid === undefined ? {} : { avoid }),
      },
      signal,
    });
    if (answer === undefined) throw failed(method, signal?.aborted ? 'it was given up' : 'no answer in time');
    if (answer.provider !== undefined) onAnswer?.(answer.provider);
    const { result, error } = JSON.parse(answer.body.toString()) as {
      readonly result?: unknown;
      readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
    };
    if (error === undefined) return result;
    // Of an upstream's answer the code is its own; one of Trunkline's own says that nobody answered.
    throw failed(
      method,
      error.message,
      answer.outcome === 'upstream_error' ? { rpcCode: error.code, data: error.data } : {},
    );
  }

  /** The result's bytes, from one provider, and where that has none from the others; undefined: nobody has it. */
  async read(
    method: string,
    params: string,
    { providerId }: { readonly providerId: string },
  ): Promise<Buffer | undefined> {
    const call = { method, params, timeoutMs: turnMs, signal: undefined };
    return (
      resultOf(await this.ask({ ...call, steering: { useProvider: providerId } })) ??
      resultOf(await this.ask({ ...call, steering: { avoid: [providerId] } }))
    );
  }

  /** The answer; undefined: the gateway is down, nobody answered in time, or the call was given up. */
  ask({ method, params, timeoutMs, steering, signal, onSent }: OwnCall): Promise<CallAnswer | undefined> {
    const { pipeline, clock } = this.#deps;
    const way = pipeline();
    if (way === undefined || signal?.aborted === true) return Promise.resolve(undefined);
    return new Promise(resolve => {
      let cancel = () => {};
      const settle = (answer: CallAnswer | undefined) => {
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(answer);
      };
      const giveUp = () => {
        cancel();
        onSent?.(1);
        settle(undefined);
      };
      const timer = clock.setTimeout(giveUp, timeoutMs + graceMs);
      signal?.addEventListener('abort', giveUp);
      const call = derivedCall(this.#chain, method, Buffer.from(params), {
        clientId: id,
        deadline: clock.now() + timeoutMs,
        steering,
      });
      cancel = way.handle(call, answer => {
        onSent?.(answer.attempts);
        settle(answer);
      });
    });
  }
}

/** The bytes of an answer's result; `undefined`: an error, or `null`. */
export function resultOf(answer: CallAnswer | undefined): Buffer | undefined {
  if (answer?.outcome !== 'answered') return undefined;
  const { body } = answer;
  const scanned = scanResponse(body);
  if (scanned === undefined || scanned.resultStart < 0) return undefined;
  return body[scanned.resultStart] === firstOfNull
    ? undefined
    : body.subarray(scanned.resultStart, scanned.resultEnd);
}

const firstOfNull = 0x6e;

function failed(method: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
  return new TrunklineError(exchangeErrors, 'own_call_failed', `${method}: ${message}`, { details });
}
