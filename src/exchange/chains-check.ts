import type { Provider } from '../providers/provider.ts';
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
      const isUp = runtime.table.providers.some(isServing);
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

/** Whether it takes calls: a provider whose breakers are all open takes none, though it answered its last probe. */
function isServing({ state, breakers }: Provider): boolean {
  const known = [breakers.http, breakers.websocket].filter(breaker => breaker !== undefined);
  return state === 'up' && (known.length === 0 || known.some(breaker => breaker !== 'open'));
}
