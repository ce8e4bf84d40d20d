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
  | {
      readonly kind: 'pipelines_changed';
      readonly chain: string;
      readonly removedPipelines: readonly string[];
      /** New ones and changed ones, which are started in place of the old. */
      readonly startedPipelines: readonly string[];
    };

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
  const { moved, others } = pipelineChanges(pipelines, config, before);
  // Those of a chain that is started again begin anew anyway.
  const isKept = ({ chain }: ChainChange) => config.chains[chain]?.enabled === true && !restarted.has(chain);
  return [
    ...chains.removed.map(chain => ({ kind: 'chain_removed' as const, chain })),
    // Before any other chain begins with them: there is one process of a name.
    ...moved.filter(isKept),
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
    ...others.filter(isKept),
  ];
}

type PipelinesChange = ChainChange & { readonly kind: 'pipelines_changed' };

/** By chain: pipelines that leave it for another one, and what else becomes of those that it has or gets. */
function pipelineChanges(
  { added, removed, changed }: ConfigDiff['pipelines'],
  config: Config,
  before: Config,
) {
  const kind = 'pipelines_changed';
  const moved: PipelinesChange[] = [];
  const others: PipelinesChange[] = [];
  const chains = [before, config].flatMap(({ pipelines }) =>
    Object.values(pipelines).map(({ chain }) => chain),
  );
  for (const chain of new Set(chains)) {
    const isOf =
      ({ pipelines }: Config) =>
      (name: string) =>
        pipelines[name]?.chain === chain;
    const had = isOf(before);
    const has = isOf(config);
    const leaving = changed.filter(name => had(name) && !has(name));
    if (leaving.length > 0) moved.push({ kind, chain, removedPipelines: leaving, startedPipelines: [] });
    const ended = removed.filter(had);
    const started = [...added, ...changed].filter(has);
    if (ended.length + started.length > 0)
      others.push({ kind, chain, removedPipelines: ended, startedPipelines: started });
  }
  return { moved, others };
}
