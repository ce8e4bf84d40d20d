import type { Clock } from '../clock/clock.ts';
import type { FaultSet } from './fault-set.ts';
import type { MethodCounter } from './provider-counters.ts';
import type { RpcDialect } from './rpc-dialect.ts';
import type { UpstreamRpc } from './upstream-rpc.ts';

/** What the connections of one simulated provider share. */
export interface ProviderContext {
  readonly clock: Clock;
  readonly faults: FaultSet;
  /** What faults mean on this chain. */
  readonly dialect: RpcDialect;
  readonly calls: MethodCounter;
  /** Asks the upstream itself, past all faults. */
  readonly rpc: UpstreamRpc;
  readonly upstream: { readonly host: string; readonly port: number; readonly path: string };
  /** The only path that is served; undefined: all are, and are passed on as they are. */
  readonly path: string | undefined;
  /** The provider's own URL, key included. */
  readonly url: () => string;
  /** Subscriptions that clients hold at the moment. */
  readonly subscriptions: { count: number };
}
