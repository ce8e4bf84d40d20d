import type { JsonValue } from './lossless-json.ts';
import { errorTo, hex, methodOf, type RpcMessage, resultTo } from './rpc-message.ts';

/** What happens to a call: it is answered at once, or passed on, perhaps changed, and its answer changed. */
export type RpcVerdict =
  | { readonly answer: RpcMessage }
  | { readonly call: RpcMessage; readonly after?: ((answer: RpcMessage) => RpcMessage) | undefined };

/** Where a method takes a block: the position of the parameter, and what it says to one that it does not have. */
const blockParameters = new Map<string, { readonly at: number; readonly unknown: 'null' | 'error' }>([
  ['eth_getBlockByNumber', { at: 0, unknown: 'null' }],
  ['eth_getHeaderByNumber', { at: 0, unknown: 'null' }],
  ['eth_getBlockReceipts', { at: 0, unknown: 'null' }],
  ['eth_getBlockTransactionCountByNumber', { at: 0, unknown: 'null' }],
  ['eth_getUncleCountByBlockNumber', { at: 0, unknown: 'null' }],
  ['eth_getTransactionByBlockNumberAndIndex', { at: 0, unknown: 'null' }],
  ['eth_getUncleByBlockNumberAndIndex', { at: 0, unknown: 'null' }],
  ['eth_call', { at: 1, unknown: 'error' }],
  ['eth_estimateGas', { at: 1, unknown: 'error' }],
  ['eth_createAccessList', { at: 1, unknown: 'error' }],
  ['eth_getBalance', { at: 1, unknown: 'error' }],
  ['eth_getCode', { at: 1, unknown: 'error' }],
  ['eth_getTransactionCount', { at: 1, unknown: 'error' }],
  ['eth_getStorageAt', { at: 2, unknown: 'error' }],
  ['eth_getProof', { at: 2, unknown: 'error' }],
  ['eth_feeHistory', { at: 1, unknown: 'error' }],
  ['eth_simulateV1', { at: 1, unknown: 'error' }],
  ['debug_traceCall', { at: 1, unknown: 'error' }],
  ['debug_traceBlockByNumber', { at: 0, unknown: 'error' }],
  ['trace_block', { at: 0, unknown: 'error' }],
]);

/** Methods by hash: what they find in a block that is too new is not there yet. */
const byHash = new Set([
  'eth_getBlockByHash',
  'eth_getBlockReceipts',
  'eth_getTransactionByHash',
  'eth_getTransactionReceipt',
  'eth_getTransactionByBlockHashAndIndex',
]);

/** Whether the answer to this method depends on the head. */
export function isLagged(method: string): boolean {
  return (
    method === 'eth_blockNumber' || isLogQuery(method) || blockParameters.has(method) || byHash.has(method)
  );
}

/** What a provider whose newest block is `head` does with a call. */
export function lagCall(call: RpcMessage, head: number): RpcVerdict {
  const method = methodOf(call);
  if (method === 'eth_blockNumber') return { answer: resultTo(call, hex(head)) };
  const params = Array.isArray(call.params) ? (call.params as readonly JsonValue[]) : [];
  if (isLogQuery(method)) return lagLogQuery(call, params, head);
  const after = byHash.has(method) ? (answer: RpcMessage) => hideNewer(answer, head) : undefined;
  const parameter = blockParameters.get(method);
  if (parameter === undefined || params.length < parameter.at) return passOn(call, after);
  const block = params[parameter.at];
  if (isHeadTag(block)) return passOn({ ...call, params: replaceAt(params, parameter.at, hex(head)) }, after);
  if (typeof block !== 'string' || block.length > 18 || !(Number(block) > head)) return passOn(call, after);
  return {
    answer: parameter.unknown === 'null' ? resultTo(call, null) : errorTo(call, -32000, 'header not found'),
  };
}

/** The number of the block that an event belongs to, or undefined when it has none. */
export function blockOfEvent(result: JsonValue | undefined): number | undefined {
  const number = blockOf(result);
  return Number.isNaN(number) ? undefined : number;
}

function lagLogQuery(call: RpcMessage, params: readonly JsonValue[], head: number): RpcVerdict {
  const filter = params[0];
  if (!isObject(filter) || filter.blockHash !== undefined) return passOn(call);
  const from = boundOf(filter.fromBlock, head);
  const to = boundOf(filter.toBlock, head);
  // A node that is behind does not say so: it has no logs of blocks that it has not seen.
  if (from > head && methodOf(call) === 'eth_getLogs') return { answer: resultTo(call, []) };
  const bounds = {
    fromBlock: from >= head ? hex(head) : (filter.fromBlock ?? hex(head)),
    toBlock: to >= head ? hex(head) : (filter.toBlock ?? hex(head)),
  };
  return passOn({ ...call, params: replaceAt(params, 0, { ...filter, ...bounds }) });
}

/** A bound as a number: a head tag is the head, another tag is below it. */
function boundOf(block: JsonValue | undefined, head: number): number {
  if (isHeadTag(block)) return head;
  const number = Number(block);
  return Number.isNaN(number) ? 0 : number;
}

function hideNewer(answer: RpcMessage, head: number): RpcMessage {
  const found = Array.isArray(answer.result) ? answer.result[0] : answer.result;
  return blockOf(found) > head ? { ...answer, result: null } : answer;
}

/** The block number that a block, receipt, transaction or log holds; NaN when it holds none. */
function blockOf(value: JsonValue | undefined): number {
  if (!isObject(value)) return Number.NaN;
  const number = value.blockNumber ?? value.number;
  return typeof number === 'string' ? Number(number) : Number.NaN;
}

function isHeadTag(block: JsonValue | undefined): boolean {
  return block === undefined || block === null || block === 'latest' || block === 'pending';
}

function isLogQuery(method: string): boolean {
  return method === 'eth_getLogs' || method === 'eth_newFilter';
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function replaceAt(params: readonly JsonValue[], at: number, value: JsonValue): JsonValue[] {
  return [...params.slice(0, at), value, ...params.slice(at + 1)];
}

function passOn(call: RpcMessage, after?: (answer: RpcMessage) => RpcMessage): RpcVerdict {
  return { call, after };
}
