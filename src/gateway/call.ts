import type { UpstreamCall } from '../providers/upstream-call.ts';
import type { ChainRuntime } from './chain-directory.ts';
import type { StrategyName } from './selection/strategies.ts';

/** What a client asked for beside the call itself: `?strategy=` and `X-Trunkline-Use-Provider`. */
export interface Steering {
  readonly strategy?: StrategyName;
  readonly useProvider?: string;
  /** Providers that a resent write leaves out; never set by clients. */
  readonly avoid?: readonly string[];
}

/** One JSON-RPC call on its way through the stages. */
export interface GatewayCall extends UpstreamCall {
  readonly chain: ChainRuntime;
  /** Unescaped. */
  readonly method: string;
  /** The client's id, byte-exact; the same object as `idBytes` when it needs no stand-in upstream. */
  readonly clientId: Buffer;
  /** The client wants no answer, and would not learn an id that is in it. */
  readonly isNotification: boolean;
  /** The raw `params` value; undefined when absent. */
  readonly params: Buffer | undefined;
  readonly steering: Steering;
  /** Monotonic time at which the client has waited long enough. */
  readonly deadline: number;
}

/** How a call ended. `body` is a complete JSON-RPC response that carries the client's id. */
export interface CallAnswer {
  readonly body: Buffer;
  /** The provider whose bytes `body` holds; undefined for answers of Trunkline's own. */
  readonly provider: string | undefined;
  /** Dispatches to providers, hedges included. */
  readonly attempts: number;
  /** Providers that were dispatched to. */
  readonly asked: readonly string[];
  /** HTTP status for a call that travels alone. */
  readonly status: number;
  readonly outcome: 'answered' | 'upstream_error' | 'refused' | 'failed';
  /** To be called once the answer is on its way to the client: what must not come before it waits for this. */
  readonly afterSend?: () => void;
}

export type Cancel = () => void;

/** One stage of a call's way: answers it, or hands it on. `done` is called exactly once unless the call is cancelled. */
export type CallHandler = (call: GatewayCall, done: (answer: CallAnswer) => void) => Cancel;
