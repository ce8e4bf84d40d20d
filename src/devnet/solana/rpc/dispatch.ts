import type { Log } from '../../../telemetry/log.ts';
import { toJson } from './json.ts';
import { accountMethods } from './methods/account-methods.ts';
import { blockMethods } from './methods/block-methods.ts';
import { chainMethods } from './methods/chain-methods.ts';
import { sendingMethods } from './methods/sending-methods.ts';
import { transactionMethods } from './methods/transaction-methods.ts';
import type { RpcContext, RpcMethod } from './params.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

const maxBatch = 1_000;

const methods = new Map<string, RpcMethod>(
  Object.entries({
    ...chainMethods,
    ...accountMethods,
    ...blockMethods,
    ...transactionMethods,
    ...sendingMethods,
  }),
);

/** A call of a JSON-RPC client. */
export interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Methods beside those that every transport has. */
export type MoreMethods = (call: RpcCall) => { readonly result: unknown } | undefined;

/** Answers a JSON-RPC text, a call or a batch; undefined when it holds notifications only. */
export function answer(
  text: string,
  context: RpcContext,
  log: Log,
  more: MoreMethods = () => undefined,
): string | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return errorText(null, new RpcError(-32700, 'Parse error'));
  }
  if (!Array.isArray(request)) return answerOne(request, context, log, more);
  if (request.length === 0 || request.length > maxBatch)
    return errorText(null, new RpcError(-32600, 'Invalid request'));
  const answers = request.map(each => answerOne(each, context, log, more)).filter(each => each !== undefined);
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
}

function answerOne(request: unknown, context: RpcContext, log: Log, more: MoreMethods): string | undefined {
  const { id, method, params = [] } = (request ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof request !== 'object' || Array.isArray(request) || typeof method !== 'string')
    return errorText(null, new RpcError(-32600, 'Invalid request'));
  try {
    if (!Array.isArray(params) && params !== null)
      throw invalidParams('Invalid params: invalid type: map, expected a sequence.');
    const call = { id, method, params: (params ?? []) as readonly unknown[] };
    const result = resultOf(call, context, more);
    if (id === undefined) return undefined;
    return `{"jsonrpc":"2.0","result":${toJson(result)},"id":${JSON.stringify(id)}}`;
  } catch (error) {
    if (!(error instanceof RpcError)) log.error('a method of the embedded chain failed', { method, error });
    return id === undefined ? undefined : errorText(id, error);
  }
}

function resultOf(call: RpcCall, context: RpcContext, more: MoreMethods): unknown {
  const special = more(call);
  if (special !== undefined) return special.result;
  const method = methods.get(call.method);
  if (method === undefined) throw new RpcError(-32601, 'Method not found');
  return method(context, call.params);
}

function errorText(id: unknown, error: unknown): string {
  const known = error instanceof RpcError ? error : new RpcError(-32603, 'Internal error');
  const { code, message, data } = known;
  return `{"jsonrpc":"2.0","error":${toJson({ code, message, data })},"id":${JSON.stringify(id ?? null)}}`;
}
