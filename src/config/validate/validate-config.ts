import { checkChains } from '../checks/check-chains.ts';
import { checkFeed } from '../checks/check-feed.ts';
import { checkPorts } from '../checks/check-ports.ts';
import { checkProviders } from '../checks/check-providers.ts';
import { checkStorage } from '../checks/check-storage.ts';
import { checkTuning } from '../checks/check-tuning.ts';
import { type ConfigPath, type Finding, formatPath } from '../diagnostic.ts';
import type { Interpolated, UnsetReference } from '../interpolate.ts';
import { type ChainConfig, chainSection } from '../sections/chain.ts';
import { type Config, rootSection } from '../sections/root.ts';
import type { ConfigSource } from '../source/config-source.ts';
import { describeIssue } from './describe-issue.ts';
import { dropEmpty, isRaw, withDefaults } from './prepare.ts';
import { salvage } from './salvage.ts';

const checks = [checkChains, checkProviders, checkTuning, checkPorts, checkStorage, checkFeed];

/** A provider that is left out because environment variables that it needs are unset or empty. */
export interface LeftOut {
  readonly chain: string;
  /** The provider's id, or `providers[n]` when it has none. */
  readonly provider: string;
  /** The variables, in the order of the file. */
  readonly variables: readonly string[];
}

export interface Validated {
  /** Undefined when a finding is an error. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Checks every setting by itself and against the others, and makes the config out of them.
 *
 * @param isProduction whether NODE_ENV says that this is production
 */
export function validateConfig(
  interpolated: Interpolated,
  source: ConfigSource,
  isProduction: boolean,
): Validated {
  const raw = dropEmpty(interpolated.value, rootSection);
  const result = rootSection.safeParse(raw);
  const issues = result.success ? [] : result.error.issues;
  // What is wrong with a value that could not be interpolated has been said already.
  const unread = [...interpolated.unset, ...interpolated.findings].map(({ path }) => path);
  const unset = new PathSet(unread);
  const broken = new PathSet(unread);
  const findings: Finding[] = [];
  for (const issue of issues) {
    const path = issue.path as ConfigPath;
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) broken.add([...path, key]);
    else broken.add(path);
    if (!unset.covers(path)) findings.push(...describeIssue(issue, rootSection, source));
  }
  const { leftOut, indices, errors } = sortUnset(interpolated.unset, raw);
  findings.push(...errors);

  const namesChain = isRaw(raw) && isRaw(raw.chains) && Object.keys(raw.chains).length > 0;
  if (issues.length > 0) salvage(raw, issues);
  const config = assemble(raw);
  if (config !== undefined) {
    for (const check of checks) {
      for (const finding of check({ config, incomplete: indices, namesChain, isProduction })) {
        const paths = [finding.path, ...(finding.involves ?? [])].flatMap(withInherited);
        if (!paths.some(path => broken.covers(path))) findings.push(finding);
      }
    }
  }
  const isValid = config !== undefined && !findings.some(finding => finding.severity !== 'warning');
  return {
    config: isValid ? freeze(withoutLeftOut(config, indices)) : undefined,
    findings: onceEach(findings, source),
    leftOut,
  };
}

/** Unset variables of a provider leave that provider out; any other is an error. */
function sortUnset(unset: readonly UnsetReference[], raw: unknown) {
  const errors: Finding[] = [];
  const variables = new Map<string, Set<string>>();
  const leftOut: LeftOut[] = [];
  for (const reference of unset) {
    const [root, chain, list, index] = reference.path;
    if (root === 'chains' && list === 'providers' && typeof index === 'number') {
      const key = `${chain}/${index}`;
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
    const [chain = '', index = ''] = key.split('/');
    leftOut.push({ chain, provider: providerId(raw, chain, Number(index), unset), variables: [...names] });
  }
  return { leftOut, indices: new Set(variables.keys()), errors };
}

function providerId(raw: unknown, chain: string, index: number, unset: readonly UnsetReference[]): string {
  const chains = isRaw(raw) && isRaw(raw.chains) ? raw.chains : {};
  const entry = Object.hasOwn(chains, chain) ? chains[chain] : undefined;
  const provider: unknown =
    isRaw(entry) && Array.isArray(entry.providers) ? entry.providers[index] : undefined;
  const isUnset = unset.some(({ path }) => path[1] === chain && path[3] === index && path[4] === 'id');
  return isRaw(provider) && typeof provider.id === 'string' && !isUnset ? provider.id : `providers[${index}]`;
}

/** The config of settings that are all valid; undefined when there is nothing to make one of. */
function assemble(raw: unknown): Config | undefined {
  if (!isRaw(raw)) return undefined;
  const base = rootSection.safeParse({ ...raw, chains: {} });
  if (!base.success) return undefined;
  const chains: Record<string, ChainConfig> = Object.create(null);
  for (const [name, chain] of Object.entries(isRaw(raw.chains) ? raw.chains : {})) {
    const merged = withDefaults(chain, raw.defaults);
    const parsed = chainSection.safeParse(merged);
    if (parsed.success) chains[name] = derive(parsed.data, merged);
  }
  const { server, admin, log, feed, storage } = base.data;
  return { server, admin, log, chains, feed, ...(storage === undefined ? {} : { storage }) };
}

/** Fills the defaults that follow other settings. */
function derive(chain: ChainConfig, raw: unknown): ChainConfig {
  const given = isRaw(raw) ? raw : {};
  if (given.block_time === undefined && chain.devnet !== undefined)
    chain.block_time = chain.devnet.block_time;
  if (!isRaw(given.health) || given.health.head_poll_interval === undefined) {
    chain.health.head_poll_interval = Math.min(15_000, Math.max(1000, chain.block_time));
  }
  if (!isRaw(given.aggregation) || given.aggregation.finality_interval === undefined) {
    chain.aggregation.finality_interval = Math.max(12_000, chain.block_time);
  }
  return chain;
}

function withoutLeftOut(config: Config, indices: ReadonlySet<string>): Config {
  for (const [name, chain] of Object.entries(config.chains)) {
    chain.providers = chain.providers.filter((_, index) => !indices.has(`${name}/${index}`));
  }
  return config;
}

/** Findings that a value in `defaults` causes in every chain are one. */
function onceEach(findings: readonly Finding[], source: ConfigSource): Finding[] {
  const seen = new Set<string>();
  return findings.filter(finding => {
    const { start, end } = source.locate(finding.path, finding.at);
    const key = `${finding.code} ${finding.range?.[0] ?? start} ${end} ${finding.path.at(-1)}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** A setting of a chain and the one in `defaults` that it may come from. */
function withInherited(path: ConfigPath): ConfigPath[] {
  return path[0] === 'chains' && path.length > 2 ? [path, ['defaults', ...path.slice(2)]] : [path];
}

/** Paths, and whether one lies at or below any of them. */
class PathSet {
  readonly #keys: Set<string>;

  constructor(paths: readonly ConfigPath[]) {
    this.#keys = new Set(paths.map(path => JSON.stringify(path)));
  }

  add(path: ConfigPath): void {
    this.#keys.add(JSON.stringify(path));
  }

  covers(path: ConfigPath): boolean {
    for (let length = path.length; length > 0; length--) {
      if (this.#keys.has(JSON.stringify(path.slice(0, length)))) return true;
    }
    return false;
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}
