import { type JsonValue, parseLossless } from './lossless-json.ts';

/** A JSON-RPC call or answer, decoded as far as a fault has to look into it. */
export type RpcMessage = { readonly [key: string]: JsonValue };

/** The calls of a request body: one, a batch, or nothing that is JSON-RPC. */
export interface RpcRequest {
  readonly isBatch: boolean;
  readonly calls: readonly RpcMessage[];
}

/** Returns the calls of a request body; undefined when it is not JSON-RPC. */
export function parseRpc(body: Buffer): RpcRequest | undefined {
  const value = parseLossless(body.toString());
  if (Array.isArray(value)) return value.every(isMessage) ? { isBatch: true, calls: value } : undefined;
  return isMessage(value) ? { isBatch: false, calls: [value] } : undefined;
}

/** The method of a call, empty when it has none. */
export function methodOf(call: RpcMessage): string {
  return typeof call.method === 'string' ? call.method : '';
}

/** Calls `add` with the method of each call of a body; reads no more of a single call than it must. */
export function eachMethod(body: Buffer, add: (method: string) => void): void {
  if (body[0] === 0x5b) {
    for (const call of parseRpc(body)?.calls ?? []) add(methodOf(call));
    return;
  }
  const found = /"method"\s*:\s*"([^"\\]{0,100})"/.exec(
    body.length > 4_096 ? sample(body) : body.toString('latin1'),
  );
  if (found !== null) add(found[1] as string);
}

/** An answer with a result. */
export function resultTo(call: RpcMessage, result: JsonValue): RpcMessage {
  return { jsonrpc: '2.0', id: call.id ?? null, result };
}

/** An answer with an error. */
export function errorTo(call: RpcMessage, code: number, message: string): RpcMessage {
  return { jsonrpc: '2.0', id: call.id ?? null, error: { code, message } };
}

/** The text of an id, to find the call of an answer. */
export function idKey(message: RpcMessage): string {
  return JSON.stringify(message.id ?? null);
}

/** A number as JSON-RPC writes it. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

// The method stands before or after long params.
function sample(body: Buffer): string {
  return body.toString('latin1', 0, 2_048) + body.toString('latin1', body.length - 2_048);
}

function isMessage(value: JsonValue | undefined): value is RpcMessage {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
