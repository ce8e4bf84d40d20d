import type { ChainAssembly } from '../../../src/exchange/chain-assembly.ts';

/** Stands for a chain whose providers are in the given states. */
export function fakeAssembly(name: string, states: readonly string[], extra: object = {}): ChainAssembly {
  const providers = states.map((state, index) => ({ id: `p${index + 1}`, state }));
  const runtime = {
    name,
    chainId: 1,
    table: { providers },
    heads: { best: undefined },
    unavailable: states.length === 0 ? `${name} has no provider` : undefined,
  };
  return { runtime, devnet: undefined, ...extra } as unknown as ChainAssembly;
}
