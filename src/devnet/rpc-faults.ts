import type { FaultTransport } from './fault-set.ts';
import { echoedUrl, rateLimitMessage } from './http-faults.ts';
import type { RpcVerdict } from './lag.ts';
import type { JsonValue } from './lossless-json.ts';
import type { ProviderContext } from './provider-context.ts';
import type { TakeFault } from './rpc-dialect.ts';
import { errorTo, methodOf, type RpcMessage } from './rpc-message.ts';

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
    const method = methodOf(call);
    const refused = this.#refuse(call, method);
    if (refused !== undefined) return { answer: refused };
    return (await this.#context.dialect.before(call, this.#take, this.#context)) ?? { call };
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
    return this.#context.dialect.event(result, this.#take);
  }

  #refuse(call: RpcMessage, method: string): RpcMessage | undefined {
    const { faults } = this.#context;
    // What HTTP refuses with a status has been refused before; a WebSocket has no status.
    const isOurs = (style: string) => this.#transport === 'ws' || style === 'rpc';
    const limit = isOurs(faults.get('rate-limit')?.style ?? '')
      ? faults.take('rate-limit', this.#transport, [method])
      : undefined;
    if (limit !== undefined)
      return errorTo(call, this.#context.dialect.rateLimitCode(limit.code), rateLimitMessage);
    const error = isOurs(faults.get('error')?.style ?? '')
      ? faults.take('error', this.#transport, [method])
      : undefined;
    if (error !== undefined) return errorTo(call, error.code, error.message);
    const echo = isOurs(faults.get('echo-url')?.style ?? '')
      ? faults.take('echo-url', this.#transport, [method])
      : undefined;
    return echo === undefined ? undefined : errorTo(call, -32603, echoedUrl(this.#context));
  }

  readonly #take: TakeFault = (kind, method) => this.#context.faults.take(kind, this.#transport, [method]);
}
