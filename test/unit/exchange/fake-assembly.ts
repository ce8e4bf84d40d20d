import type { ChainAssembly } from '../../../src/exchange/chain-assembly.ts';

/** Stands for a chain whose providers are in the given states; `breakers_open`: up, with no breaker that admits anything. */
export function fakeAssembly(name: string, states: readonly string[], extra: object = {}): ChainAssembly {
  const providers = states.map((state, index) => ({
    id: `p${index + 1}`,
    state: state === 'breakers_open' ? 'up' : state,
    breakers: { http: state === 'breakers_open' ? 'open' : 'closed', websocket: undefined },
  }));
  const runtime = {
    name,
    identity: '1',
    table: { providers },
    heads: { best: undefined },
    unavailable: states.length === 0 ? `${name} has no provider` : undefined,
  };
  return { runtime, devnet: undefined, ...extra } as unknown as ChainAssembly;
}
