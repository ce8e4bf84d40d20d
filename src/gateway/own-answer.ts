import { errorResponse, resultResponse } from '../protocol/json-rpc/write.ts';
import type { CallAnswer } from './call.ts';
import { type GatewayErrorCode, jsonRpcCodes } from './errors.ts';

// Whatever a node could have said travels with 200, so that every client reads the error and not the status.
const httpStatus: Readonly<Partial<Record<GatewayErrorCode, number>>> = {
  unknown_chain: 404,
  overloaded: 503,
  shutting_down: 503,
};

/** An answer of Trunkline's own: a JSON-RPC error whose `data.code` is the stable code of docs/errors.md. */
export function ownError(
  clientId: Buffer | string,
  code: GatewayErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  asked: readonly string[] = [],
): CallAnswer {
  return {
    body: errorResponse(
      clientId,
      jsonRpcCodes[code] ?? -32603,
      message,
      JSON.stringify({ code, ...details }),
    ),
    provider: undefined,
    attempts: asked.length,
    asked,
    status: httpStatus[code] ?? 200,
    outcome: asked.length > 0 || code === 'no_provider' ? 'failed' : 'refused',
  };
}

/** An answer of Trunkline's own: `result` is JSON. */
export function ownResult(clientId: Buffer, result: Buffer | string): CallAnswer {
  const body = resultResponse(clientId, result);
  return { body, provider: undefined, attempts: 0, asked: [], status: 200, outcome: 'answered' };
}
