import type { FaultKind, FaultOptions } from './fault-kinds.ts';
import type { RpcVerdict } from './lag.ts';
import type { JsonValue } from './lossless-json.ts';
import type { ProviderContext } from './provider-context.ts';
import type { RpcMessage } from './rpc-message.ts';

/** Applies a fault once to a call of this method: its options, when the provider has it. */
export type TakeFault = <Kind extends FaultKind>(
  kind: Kind,
  method: string,
) => FaultOptions<Kind> | undefined;

/** What the faults of JSON-RPC mean on one family of chains. */
export interface RpcDialect {
  /** The method of an event of a subscription, for limits by method; undefined: the message is no event. */
  eventMethod(message: RpcMessage): string | undefined;
  /** The block of an event's result, by which a lagging provider holds it back; undefined: it does not. */
  blockOfEvent(result: JsonValue | undefined): number | undefined;
  /** How a call changes the number of a connection's subscriptions. */
  subscriptionChange(method: string): -1 | 0 | 1;
  /** The code of a rate limit within JSON-RPC, of the one that the fault has. */
  rateLimitCode(code: number): number;
  /** What the faults that are about the chain do with a call; undefined: nothing. */
  before(
    call: RpcMessage,
    take: TakeFault,
    context: ProviderContext,
  ): RpcVerdict | undefined | Promise<RpcVerdict | undefined>;
  /** Changes the result of an event; the same object: nothing to change. */
  event(result: JsonValue | undefined, take: TakeFault): JsonValue | undefined;
}
