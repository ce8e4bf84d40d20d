import { type JsonValue, parseLossless } from '../lossless-json.ts';
import type { RpcDialect, TakeFault } from '../rpc-dialect.ts';
import { errorTo, methodOf, type RpcMessage, resultTo } from '../rpc-message.ts';
import { solanaGenesis } from './well-known.ts';

/** The largest number of 64 bits is kept as its text: a double does not hold it. */
const absurdHeads = {
  zero: 0,
  huge: parseLossless('18446744073709551615') as JsonValue,
  billion: 1_000_000_000,
} as const;
/** What the fault has when no code is given; on Solana it means that the node is behind. */
const evmRateLimitCode = -32005;
const slotsBehind = 1_000;

/**
 * What faults mean on a Solana chain. To lag is not among them: the node shows each provider a view of its own, which
 * lags as a whole.
 */
export const solanaDialect: RpcDialect = {
  eventMethod: message => (methodOf(message).endsWith('Notification') ? methodOf(message) : undefined),
  blockOfEvent: () => undefined,
  // A subscription to a signature ends by itself, unseen here.
  subscriptionChange: method => {
    if (method.startsWith('signature')) return 0;
    return method.endsWith('Unsubscribe') ? -1 : method.endsWith('Subscribe') ? 1 : 0;
  },
  rateLimitCode: code => (code === evmRateLimitCode ? 429 : code),
  before: (call, take) => {
    const method = methodOf(call);
    if (method === 'getTransaction' && take('null-tx', method) !== undefined)
      return { answer: resultTo(call, null) };
    if (method === 'getSignatureStatuses' && take('null-tx', method) !== undefined)
      return { call, after: withoutStatuses };
    if (method === 'getHealth' && take('syncing', method) !== undefined) return { answer: behind(call) };
    if (method === 'getGenesisHash') {
      const wrong = take('wrong-chain', method);
      if (wrong !== undefined)
        return { answer: resultTo(call, solanaGenesis(`another chain ${wrong.chain_id}`)) };
    }
    if (method !== 'getSlot' && method !== 'getBlockHeight') return undefined;
    const head = absurdHead(method, take);
    return head === undefined ? undefined : { answer: resultTo(call, head) };
  },
  event: (result, take) => {
    const isSlot = typeof result === 'object' && result !== null && 'slot' in result && 'parent' in result;
    const head = isSlot ? absurdHead('slotNotification', take) : undefined;
    return head === undefined ? result : { ...(result as RpcMessage), slot: head };
  },
};

function absurdHead(method: string, take: TakeFault): JsonValue | undefined {
  const fault = take('head', method);
  return fault === undefined ? undefined : absurdHeads[fault.value];
}

function withoutStatuses(answer: RpcMessage): RpcMessage {
  const { result } = answer;
  if (typeof result !== 'object' || result === null || !('value' in result)) return answer;
  const { value } = result as RpcMessage;
  return {
    ...answer,
    result: { ...(result as RpcMessage), value: Array.isArray(value) ? value.map(() => null) : null },
  };
}

function behind(call: RpcMessage): RpcMessage {
  const answer = errorTo(call, -32005, `Node is behind by ${slotsBehind} slots`);
  return { ...answer, error: { ...(answer.error as RpcMessage), data: { numSlotsBehind: slotsBehind } } };
}
