import type { ConfigDiff } from '../config/diff.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { ProviderConfig } from '../config/sections/provider.ts';
import type { Config } from '../config/sections/root.ts';

/** What a new config means for one chain, as the roster applies it. */
export type ChainChange =
  | { readonly kind: 'chain_removed'; readonly chain: string }
  | { readonly kind: 'chain_added' | 'chain_replaced'; readonly chain: string; readonly config: ChainConfig }
  | {
      readonly kind: 'chain_tuned';
      readonly chain: string;
      readonly config: ChainConfig;
      readonly removedProviders: readonly string[];
      /** New ones and changed ones, which are started in place of the old. */
      readonly startedProviders: readonly ProviderConfig[];
    }
  | { readonly kind: 'pipelines_changed'; readonly chain: string };

/**
 * Sorts the difference between two configs by chain: removals first, so that what they hold is free for the others.
 *
 * @param before the config that runs
 */
export function chainChanges(difference: ConfigDiff, config: Config, before: Config): ChainChange[] {
  const { chains, providers, live, pipelines } = difference;
  const whole = (kind: 'chain_added' | 'chain_replaced') => (chain: string) => ({
    kind,
    chain,
    config: config.chains[chain]!,
  });
  const restarted = new Set([...chains.restarted, ...chains.added]);
  const tuned = new Set(providers.map(({ chain }) => chain));
  for (const section of live) {
    const chain = /^chains\.([^.]+)/.exec(section)?.[1];
    if (chain !== undefined && !chains.restarted.includes(chain)) tuned.add(chain);
  }
  return [
    ...chains.removed.map(chain => ({ kind: 'chain_removed' as const, chain })),
    ...chains.restarted.map(whole('chain_replaced')),
    ...chains.added.map(whole('chain_added')),
    ...[...tuned].map(chain => {
      const change = providers.find(candidate => candidate.chain === chain);
      const started = new Set([...(change?.added ?? []), ...(change?.changed ?? [])]);
      const chainConfig = config.chains[chain]!;
      return {
        kind: 'chain_tuned' as const,
        chain,
        config: chainConfig,
        removedProviders: change?.removed ?? [],
        startedProviders: chainConfig.providers.filter(({ id }) => started.has(id)),
      };
    }),
    ...readersOf([...pipelines.added, ...pipelines.removed, ...pipelines.changed], [before, config])
      // Those begin anew anyway.
      .filter(chain => config.chains[chain]?.enabled === true && !restarted.has(chain))
      .map(chain => ({ kind: 'pipelines_changed' as const, chain })),
  ];
}

/** The chains that pipelines of these names read, in any of the configs. */
function readersOf(names: readonly string[], configs: readonly Config[]): string[] {
  const chains = new Set<string>();
  for (const name of names) {
    for (const { pipelines } of configs) {
      const chain = Object.hasOwn(pipelines, name) ? pipelines[name]?.chain : undefined;
      if (chain !== undefined) chains.add(chain);
    }
  }
  return [...chains];
}
