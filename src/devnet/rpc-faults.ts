import type { FaultOptions } from './fault-kinds.ts';
import type { FaultTransport } from './fault-set.ts';
import { echoedUrl, rateLimitMessage } from './http-faults.ts';
import { isLagged, lagCall, type RpcVerdict } from './lag.ts';
import type { JsonValue } from './lossless-json.ts';
import type { ProviderContext } from './provider-context.ts';
import { errorTo, hex, methodOf, type RpcMessage, resultTo } from './rpc-message.ts';

const absurdHeads = { zero: '0x0', huge: '0xffffffffffffffff', billion: hex(1_000_000_000) } as const;

/** The faults that concern what a JSON-RPC call says or is answered, whatever carries it. */
export class RpcFaults {
  readonly #context: ProviderContext;
  readonly #transport: FaultTransport;

  constructor(context: ProviderContext, transport: FaultTransport) {
    this.#context = context;
    this.#transport = transport;
  }

  /** Decides what happens to a call. */
  async before(call: RpcMessage): Promise<RpcVerdict> {
    const { faults } = this.#context;
    const method = methodOf(call);
    const refused = this.#refuse(call, method);
    if (refused !== undefined) return { answer: refused };
    if (isTransactionLookup(method) && this.#takes('null-tx', method))
      return { answer: resultTo(call, null) };
    if (method === 'eth_syncing' && this.#takes('syncing', method))
      return { answer: resultTo(call, syncingStatus) };
    if (method === 'eth_chainId' || method === 'net_version') {
      const wrong = faults.take('wrong-chain', this.#transport, [method]);
      if (wrong !== undefined) return { call, after: answer => otherChain(answer, wrong) };
    }
    const head = this.#absurdHead(method);
    if (head !== undefined && method === 'eth_blockNumber') return { answer: resultTo(call, head) };
    if (head !== undefined && method === 'eth_getBlockByNumber' && asksForHead(call)) {
      return { call, after: answer => withNumber(answer, head) };
    }
    if (!isLagged(method)) return { call };
    const lag = faults.take('lag', this.#transport, [method]);
    return lag === undefined
      ? { call }
      : lagCall(call, Math.max(0, (await this.#context.rpc.blockNumber()) - lag.blocks));
  }

  /** Changes an answer, the provider's own or the upstream's, once it is complete; the same object: nothing to change. */
  finish(call: RpcMessage, answer: RpcMessage): RpcMessage {
    const wrong = this.#context.faults.take('wrong-id', this.#transport, [methodOf(call)]);
    if (wrong === undefined) return answer;
    const { id, ...rest } = answer;
    if (wrong.as === 'missing') return rest;
    if (wrong.as === 'null') return { ...rest, id: null };
    return { ...rest, id: typeof id === 'number' ? id + 1 : `${String(id)}-other` };
  }

  /** Changes the result of a subscription's event; the same object: nothing to change. */
  event(result: JsonValue | undefined): JsonValue | undefined {
    const isHead =
      typeof result === 'object' && result !== null && 'parentHash' in result && 'number' in result;
    const head = isHead ? this.#absurdHead('eth_subscription') : undefined;
    return isHead && head !== undefined ? { ...(result as RpcMessage), number: head } : result;
  }

  #refuse(call: RpcMessage, method: string): RpcMessage | undefined {
    const { faults } = this.#context;
    // What HTTP refuses with a status has been refused before; a WebSocket has no status.
    const isOurs = (style: string) => this.#transport === 'ws' || style === 'rpc';
    const limit = isOurs(faults.get('rate-limit')?.style ?? '')
      ? faults.take('rate-limit', this.#transport, [method])
      : undefined;
    if (limit !== undefined) return errorTo(call, limit.code, rateLimitMessage);
    const error = isOurs(faults.get('error')?.style ?? '')
      ? faults.take('error', this.#transport, [method])
      : undefined;
    if (error !== undefined) return errorTo(call, error.code, error.message);
    const echo = isOurs(faults.get('echo-url')?.style ?? '')
      ? faults.take('echo-url', this.#transport, [method])
      : undefined;
    return echo === undefined ? undefined : errorTo(call, -32603, echoedUrl(this.#context));
  }

  #takes(kind: 'null-tx' | 'syncing', method: string): boolean {
    return this.#context.faults.take(kind, this.#transport, [method]) !== undefined;
  }

  #absurdHead(method: string): string | undefined {
    const fault = this.#context.faults.take('head', this.#transport, [method]);
    return fault === undefined ? undefined : absurdHeads[fault.value];
  }
}

const syncingStatus = { startingBlock: '0x0', currentBlock: '0x64', highestBlock: '0x2710' };

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
