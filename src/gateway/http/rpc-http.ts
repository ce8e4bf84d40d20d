import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock/clock.ts';
import { errorResponse } from '../../protocol/json-rpc/write.ts';
import type { Steering } from '../call.ts';
import type { CallPipeline } from '../call-pipeline.ts';
import type { ChainDirectory, ChainRuntime } from '../chain-directory.ts';
import type { GatewayErrorCode } from '../errors.ts';
import { ownError } from '../own-answer.ts';
import { answerPayload, type PayloadAnswer, type PayloadLimits } from '../payload.ts';
import { isStrategyName, strategyNames } from '../selection/strategies.ts';
import { collectBody } from './request-body.ts';

export interface RpcHttpOptions extends PayloadLimits {
  /** `server.max_request_bytes` */
  readonly maxRequestBytes: number;
}

interface RpcHttpDependencies {
  readonly chains: ChainDirectory;
  readonly pipeline: CallPipeline;
  readonly clock: Clock;
  /** Draining: every answer says `Connection: close`. */
  readonly isDraining: () => boolean;
  /** Runs what a body brings about, so that a bug in it costs that request alone. */
  readonly guarded: (response: ServerResponse, run: () => void) => void;
}

const noSteering: Steering = {};
const transportStatus: Readonly<Partial<Record<GatewayErrorCode, number>>> = {
  body_too_large: 413,
  unsupported_encoding: 415,
};

/** `POST /rpc/<chain>`: JSON-RPC over HTTP, single and batch. */
export class RpcHttp {
  readonly #options: RpcHttpOptions;
  readonly #deps: RpcHttpDependencies;

  constructor(options: RpcHttpOptions, dependencies: RpcHttpDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /**
   * @param alias the path behind `/rpc/`
   * @param query the query string without its `?`
   * @param extraHeaders raw header pairs that every answer carries (CORS)
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    alias: string,
    query: string,
    extraHeaders: readonly string[],
  ): void {
    if (request.method !== 'POST') {
      const body = errorResponse('null', -32600, 'send JSON-RPC as POST, or open a WebSocket here');
      send(response, 405, body, ['allow', 'POST, OPTIONS', ...extraHeaders], true);
      return;
    }
    const { chains, clock, pipeline, isDraining, guarded } = this.#deps;
    const chain = chains.find(alias);
    if (chain === undefined) {
      const { body, status } = ownError('null', 'unknown_chain', unknownChain(alias, chains));
      send(response, status, body, extraHeaders, true);
      return;
    }
    const steering = readSteering(request, query, chain);
    if (typeof steering === 'string') {
      const code = steering.startsWith('strategy') ? 'unknown_strategy' : 'unknown_provider';
      send(response, 400, ownError('null', code, steering).body, extraHeaders, true);
      return;
    }
    const startedAt = clock.now();
    collectBody(request, this.#options.maxRequestBytes, body => {
      if (typeof body === 'string') {
        const message =
          body === 'body_too_large'
            ? 'the request body is too large'
            : 'the Content-Encoding is not supported or does not decode';
        send(
          response,
          transportStatus[body] ?? 400,
          errorResponse('null', -32600, message, JSON.stringify({ code: body })),
          extraHeaders,
          true,
        );
        return;
      }
      guarded(response, () => {
        const cancel = answerPayload(
          body,
          chain,
          steering,
          this.#options,
          clock,
          (call, done) => pipeline.handle(call, done),
          answer => sendAnswer(response, answer, clock.now() - startedAt, extraHeaders, isDraining()),
        );
        response.on('close', () => {
          if (!response.writableFinished) cancel();
        });
      });
    });
  }
}

function readSteering(request: IncomingMessage, query: string, chain: ChainRuntime): Steering | string {
  const useProvider = request.headers['x-trunkline-use-provider'];
  if (query === '' && useProvider === undefined) return noSteering;
  const strategy = query === '' ? null : new URLSearchParams(query).get('strategy');
  if (strategy !== null && !isStrategyName(strategy)) {
    return `strategy is one of ${strategyNames.join(', ')}`;
  }
  if (
    useProvider !== undefined &&
    (typeof useProvider !== 'string' || chain.table.get(useProvider) === undefined)
  ) {
    return `${chain.name} has these providers: ${chain.table.providers.map(provider => provider.id).join(', ')}`;
  }
  return {
    ...(strategy === null ? {} : { strategy }),
    ...(useProvider === undefined ? {} : { useProvider }),
  };
}

/** The message for an alias that names no chain: lists those that are there. */
export function unknownChain(alias: string, chains: ChainDirectory): string {
  const shown = alias.length > 64 ? `${alias.slice(0, 64)}…` : alias;
  return `no chain ${JSON.stringify(shown)}; there are ${chains.names.join(', ')}`;
}

function sendAnswer(
  response: ServerResponse,
  answer: PayloadAnswer,
  durationMs: number,
  extraHeaders: readonly string[],
  isDraining: boolean,
): void {
  const headers = [
    'X-Trunkline-Attempts',
    String(answer.attempts),
    'X-Trunkline-Duration',
    String(Math.round(durationMs * 100) / 100),
  ];
  if (answer.providers.length > 0) headers.push('X-Trunkline-Provider', answer.providers.join(','));
  if (extraHeaders.length > 0) headers.push(...extraHeaders);
  write(response, answer.status, answer.body, headers, isDraining);
}

function send(
  response: ServerResponse,
  status: number,
  body: Buffer,
  headers: readonly string[],
  close: boolean,
): void {
  write(response, status, body, [...headers], close);
}

/** Up to this size a body is copied behind its head, so that both leave in one write. */
const maxMergedBytes = 16_384;

/** `headers` is added to. */
function write(
  response: ServerResponse,
  status: number,
  body: Buffer | undefined,
  headers: string[],
  close: boolean,
): void {
  if (close) headers.push('Connection', 'close');
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  headers.push('Content-Type', 'application/json', 'Content-Length', String(body.length));
  response.writeHead(status, headers);
  // Node merges a head with a string but not with a buffer; latin1 keeps every byte as it is.
  if (body.length <= maxMergedBytes) response.end(body.toString('latin1'), 'latin1');
  else response.end(body);
}
