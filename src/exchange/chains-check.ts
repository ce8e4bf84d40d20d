import type { HealthCheck } from '../telemetry/health-registry.ts';
import type { ChainAssembly } from './chain-assembly.ts';

/**
 * Whether traffic can be served: `failed` when no chain has a provider that takes calls, `degraded` when some chain
 * that has providers has none that does. A chain left without providers by the config counts for nothing.
 */
export function chainsCheck(chains: () => Iterable<ChainAssembly>): HealthCheck {
  return () => {
    const serving: string[] = [];
    const down: string[] = [];
    for (const { runtime } of chains()) {
      if (runtime.table.providers.length === 0) continue;
      const isUp = runtime.table.providers.some(provider => provider.state === 'up');
      (isUp ? serving : down).push(runtime.name);
    }
    const details = { serving, down };
    if (serving.length === 0)
      return { status: 'failed', reason: 'no chain has a provider that takes calls', details };
    if (down.length > 0)
      return { status: 'degraded', reason: `no provider takes calls: ${down.join(', ')}`, details };
    return { status: 'ok', details };
  };
}
