import type { Provider } from '../providers/provider.ts';
import type { SessionStats } from '../sessions/session-status.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import type { FeedAssembly } from './feed-assembly.ts';
import type { StorageAssembly } from './storage-assembly.ts';

export interface ExchangeStats {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly chains: readonly ReturnType<typeof chainStats>[];
  /** Null while its log is not open. */
  readonly feed: ReturnType<FeedAssembly['stats']>;
  /** Null when it is not configured. */
  readonly storage: ReturnType<StorageAssembly['stats']> | null;
  /** Null when it is not configured. */
  readonly sessions: SessionStats | null;
}

/** What `/stats` says of one chain: plain data, no URL. */
export function chainStats({ runtime }: ChainAssembly) {
  const { heads, table, hub } = runtime;
  return {
    name: runtime.name,
    identity: runtime.identity,
    family: runtime.family.name,
    unavailable: runtime.unavailable ?? null,
    heads: heads.snapshot(),
    providers: table.providers.map(providerStats),
    streams: hub === undefined ? null : hub.stats(),
  };
}

function providerStats(provider: Provider) {
  return {
    id: provider.id,
    state: provider.state,
    priority: provider.priority,
    weight: provider.weight,
    head: provider.head ?? null,
    lag: provider.lag,
    inFlight: provider.inFlight,
    breakers: provider.breakers,
    latencyMs: rounded(provider.latency('')),
    errorRate: rounded(provider.errorRate('')),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
