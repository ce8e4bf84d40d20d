import type { FaultOptions } from './fault-kinds.ts';
import { blockOfEvent, isLagged, lagCall } from './lag.ts';
import type { RpcDialect, TakeFault } from './rpc-dialect.ts';
import { hex, methodOf, type RpcMessage, resultTo } from './rpc-message.ts';

const absurdHeads = { zero: '0x0', huge: '0xffffffffffffffff', billion: hex(1_000_000_000) } as const;
const syncingStatus = { startingBlock: '0x0', currentBlock: '0x64', highestBlock: '0x2710' };

/** What faults mean on an EVM chain. */
export const evmDialect: RpcDialect = {
  eventMethod: message => (methodOf(message) === 'eth_subscription' ? 'eth_subscription' : undefined),
  blockOfEvent,
  subscriptionChange: method => (method === 'eth_subscribe' ? 1 : method === 'eth_unsubscribe' ? -1 : 0),
  rateLimitCode: code => code,
  before: async (call, take, context) => {
    const method = methodOf(call);
    if (isTransactionLookup(method) && take('null-tx', method) !== undefined)
      return { answer: resultTo(call, null) };
    if (method === 'eth_syncing' && take('syncing', method) !== undefined)
      return { answer: resultTo(call, syncingStatus) };
    if (method === 'eth_chainId' || method === 'net_version') {
      const wrong = take('wrong-chain', method);
      if (wrong !== undefined) return { call, after: answer => otherChain(answer, wrong) };
    }
    const head = absurdHead(method, take);
    if (head !== undefined && method === 'eth_blockNumber') return { answer: resultTo(call, head) };
    if (head !== undefined && method === 'eth_getBlockByNumber' && asksForHead(call))
      return { call, after: answer => withNumber(answer, head) };
    const lag = isLagged(method) ? take('lag', method) : undefined;
    return lag === undefined
      ? undefined
      : lagCall(call, Math.max(0, (await context.rpc.blockNumber()) - lag.blocks));
  },
  event: (result, take) => {
    const isHead =
      typeof result === 'object' && result !== null && 'parentHash' in result && 'number' in result;
    const head = isHead ? absurdHead('eth_subscription', take) : undefined;
    return isHead && head !== undefined ? { ...(result as RpcMessage), number: head } : result;
  },
};

function absurdHead(method: string, take: TakeFault): string | undefined {
  const fault = take('head', method);
  return fault === undefined ? undefined : absurdHeads[fault.value];
}

function isTransactionLookup(method: string): boolean {
  return method === 'eth_getTransactionByHash' || method === 'eth_getTransactionReceipt';
}

function asksForHead(call: RpcMessage): boolean {
  return Array.isArray(call.params) && call.params[0] === 'latest';
}

function otherChain(answer: RpcMessage, wrong: FaultOptions<'wrong-chain'>): RpcMessage {
  if (typeof answer.result !== 'string') return answer;
  const id = wrong.chain_id === 0 ? Number(answer.result) + 1 : wrong.chain_id;
  return { ...answer, result: answer.result.startsWith('0x') ? hex(id) : String(id) };
}

function withNumber(answer: RpcMessage, number: string): RpcMessage {
  const { result } = answer;
  const isBlock = typeof result === 'object' && result !== null && !Array.isArray(result);
  return isBlock ? { ...answer, result: { ...(result as RpcMessage), number } } : answer;
}
