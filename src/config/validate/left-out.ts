import { type ConfigPath, type Finding, formatPath } from '../diagnostic.ts';
import type { UnsetReference } from '../interpolate.ts';
import type { Config } from '../sections/root.ts';
import { isRaw } from './prepare.ts';

/** A provider or an endpoint of a gRPC stream that is left out because environment variables that it needs are unset or empty. */
export interface LeftOut {
  readonly chain: string;
  /** Its id, or `providers[n]`, `geyser[n]` when it has none. */
  readonly provider: string;
  /** The variables, in the order of the file. */
  readonly variables: readonly string[];
}

/** Unset variables of a provider or an endpoint leave it out; any other is an error. */
export function sortUnset(unset: readonly UnsetReference[], raw: unknown) {
  const errors: Finding[] = [];
  const variables = new Map<string, Set<string>>();
  const leftOut: LeftOut[] = [];
  for (const reference of unset) {
    const key = upstreamKey(reference.path);
    if (key !== undefined) {
      const names = variables.get(key) ?? new Set();
      variables.set(key, names);
      for (const name of reference.variables) names.add(name);
      continue;
    }
    errors.push({
      code: 'config_unset_variable',
      message: `\`${formatPath(reference.path)}\` needs ${reference.variables.join(' and ')}, which ${reference.variables.length > 1 ? 'are' : 'is'} unset or empty`,
      hint: `set it, or give a default: \${${reference.variables[0]}:-…}`,
      path: reference.path,
      range: reference.range,
    });
  }
  for (const [key, names] of variables) {
    const { chain, list, index } = splitKey(key);
    leftOut.push({
      chain,
      provider: upstreamId(raw, key, unset) ?? `${list}[${index}]`,
      variables: [...names],
    });
  }
  return { leftOut, indices: new Set(variables.keys()), errors };
}

/** Names the upstream that a setting belongs to, `chain/providers/0` or `chain/geyser/0`; undefined: it belongs to none. */
function upstreamKey([root, chain, list, ...rest]: ConfigPath): string | undefined {
  if (root !== 'chains') return undefined;
  const index =
    list === 'providers' ? rest[0] : list === 'geyser' && rest[0] === 'endpoints' ? rest[1] : undefined;
  return typeof index === 'number' ? `${chain}/${list}/${index}` : undefined;
}

function splitKey(key: string) {
  const [chain = '', list = '', index = ''] = key.split('/');
  return { chain, list: list as 'providers' | 'geyser', index: Number(index) };
}

function upstreamId(raw: unknown, key: string, unset: readonly UnsetReference[]): string | undefined {
  const { chain, list, index } = splitKey(key);
  const chains = isRaw(raw) && isRaw(raw.chains) ? raw.chains : {};
  const entry = Object.hasOwn(chains, chain) ? chains[chain] : undefined;
  const section = isRaw(entry) ? entry[list] : undefined;
  const items: unknown = list === 'geyser' && isRaw(section) ? section.endpoints : section;
  const upstream: unknown = Array.isArray(items) ? items[index] : undefined;
  const isUnset = unset.some(({ path }) => path.at(-1) === 'id' && upstreamKey(path) === key);
  return isRaw(upstream) && typeof upstream.id === 'string' && !isUnset ? upstream.id : undefined;
}

/** The config without those. */
export function withoutLeftOut(config: Config, indices: ReadonlySet<string>): Config {
  for (const [name, chain] of Object.entries(config.chains)) {
    chain.providers = chain.providers.filter((_, index) => !indices.has(`${name}/providers/${index}`));
    if (chain.geyser !== undefined)
      chain.geyser.endpoints = chain.geyser.endpoints.filter(
        (_, index) => !indices.has(`${name}/geyser/${index}`),
      );
  }
  return config;
}
