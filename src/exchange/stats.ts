import type { ChainAssembly } from './chain-assembly.ts';

export interface ExchangeStats {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly chains: readonly ReturnType<typeof chainStats>[];
}

/** What `/stats` says of one chain: plain data, no URL. */
export function chainStats({ runtime }: ChainAssembly) {
  const { heads, table, hub } = runtime;
  return {
    name: runtime.name,
    chainId: runtime.chainId,
    family: runtime.family.name,
    unavailable: runtime.unavailable ?? null,
    heads: heads.snapshot(),
    providers: table.providers.map(provider => provider.describe()),
    streams: hub === undefined ? null : hub.stats(),
  };
}
