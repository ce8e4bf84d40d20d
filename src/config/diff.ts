import { type ConfigPath, formatPath } from './diagnostic.ts';
import type { Applies, RestartedChild } from './field.ts';
import type { ChainConfig } from './sections/chain.ts';
import type { PipelineConfig } from './sections/pipelines/pipeline.ts';
import type { ProviderConfig } from './sections/provider.ts';
import { type Config, rootSection } from './sections/root.ts';
import { fieldAt, schemaAt, shapeOf } from './validate/schema-tree.ts';
import { formatBytes } from './values/bytes.ts';
import { formatDuration } from './values/duration.ts';

/** One setting that differs between two configs. */
export interface ConfigChange {
  /** Where, e.g. `chains.ethereum.failover.deadline`; a provider stands by its id: `chains.ethereum.providers.infura.url`. */
  readonly path: string;
  readonly applies: Applies;
  /** The child that is restarted, when `applies` is `restart-child`. */
  readonly child?: RestartedChild;
  /** The values for a log line; left out when they are secret or not set. */
  readonly from?: string;
  readonly to?: string;
}

/** What becomes of the providers of a chain that itself keeps running. */
export interface ProviderChanges {
  readonly chain: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Providers to restart: their own entry changed, or tuning that they take at their start. */
  readonly changed: readonly string[];
}

/** The difference between two configs, sorted by what has to be done. */
export interface ConfigDiff {
  readonly changes: readonly ConfigChange[];
  /** Nothing differs. */
  readonly isEmpty: boolean;
  /** Chains to start, stop, or stop and start again. `enabled` counts: a chain that is switched off is removed. */
  readonly chains: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly restarted: readonly string[];
  };
  /** Per chain that keeps running; chains without such changes are not listed. */
  readonly providers: readonly ProviderChanges[];
  /** Pipelines to start, stop, or stop and start again. One that is switched off is removed. */
  readonly pipelines: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  /** Sections with values that take effect as soon as the running code reads them: `server`, `log`, `chains.base.failover`. */
  readonly live: readonly string[];
  /** Changes that wait for a restart of Trunkline. */
  readonly restartNeeded: readonly ConfigChange[];
}

/** Compares two valid configs and says how each difference reaches the running system. */
export function diff(before: Config, after: Config): ConfigDiff {
  const changes: ConfigChange[] = [];
  const live = new Set<string>();
  const chains = { added: [] as string[], removed: [] as string[], restarted: [] as string[] };
  const providers: ProviderChanges[] = [];

  for (const section of ['server', 'admin', 'log', 'feed', 'sessions', 'storage'] as const) {
    const found = compare(before[section], after[section], [section]);
    changes.push(...found);
    if (found.some(change => change.applies === 'live')) live.add(section);
  }
  for (const name of new Set([...Object.keys(before.chains), ...Object.keys(after.chains)])) {
    const [old, now] = [served(before, name), served(after, name)];
    if (old === undefined && now === undefined) continue;
    if (old === undefined || now === undefined) {
      (old === undefined ? chains.added : chains.removed).push(name);
      changes.push({ path: formatPath(['chains', name]), applies: 'restart-child', child: 'chain' });
      continue;
    }
    const own = compareChain(old, now, name);
    const entries = compareProviders(old.providers, now.providers, name);
    changes.push(...own, ...entries.changes);
    if (own.some(change => change.child === 'chain')) {
      chains.restarted.push(name);
      continue;
    }
    for (const change of own)
      if (change.applies === 'live') live.add(change.path.split('.').slice(0, 3).join('.'));
    const everyProvider = own.some(change => change.child === 'provider');
    const { added, removed } = entries;
    const kept = now.providers.map(({ id }) => id).filter(id => !added.includes(id));
    const changed = everyProvider ? kept : entries.changed;
    if (now.devnet !== undefined && everyProvider) chains.restarted.push(name);
    else if (added.length + removed.length + changed.length > 0)
      providers.push({ chain: name, added, removed, changed });
  }
  const pipelines = comparePipelines(before, after, changes);
  const restartNeeded = changes.filter(change => change.applies === 'restart');
  return {
    changes,
    isEmpty: changes.length === 0,
    chains,
    providers,
    pipelines,
    live: [...live],
    restartNeeded,
  };
}

/** Adds to `changes` what differs in them. */
function comparePipelines(before: Config, after: Config, changes: ConfigChange[]): ConfigDiff['pipelines'] {
  const result = { added: [] as string[], removed: [] as string[], changed: [] as string[] };
  for (const name of new Set([...Object.keys(before.pipelines), ...Object.keys(after.pipelines)])) {
    const [old, now] = [running(before, name), running(after, name)];
    if (old === undefined && now === undefined) continue;
    if (old === undefined || now === undefined) {
      (old === undefined ? result.added : result.removed).push(name);
      changes.push({
        path: formatPath(['pipelines', name]),
        applies: 'restart-child',
        child: 'pipelines',
      });
      continue;
    }
    const own = compare(old, now, ['pipelines', name]);
    if (own.length > 0) result.changed.push(name);
    changes.push(...own);
  }
  return result;
}

function running(config: Config, name: string): PipelineConfig | undefined {
  const pipeline = Object.hasOwn(config.pipelines, name) ? config.pipelines[name] : undefined;
  return pipeline?.enabled === true ? pipeline : undefined;
}

function served(config: Config, name: string): ChainConfig | undefined {
  const chain = Object.hasOwn(config.chains, name) ? config.chains[name] : undefined;
  return chain?.enabled === true ? chain : undefined;
}

function compareChain(before: ChainConfig, after: ChainConfig, name: string): ConfigChange[] {
  const { providers: _before, ...old } = before;
  const { providers: _after, ...now } = after;
  return compare(old, now, ['chains', name]);
}

function compareProviders(
  before: readonly ProviderConfig[],
  after: readonly ProviderConfig[],
  chain: string,
) {
  const old = new Map(before.map(provider => [provider.id, provider]));
  const now = new Map(after.map(provider => [provider.id, provider]));
  const changes: ConfigChange[] = [];
  const entry = (id: string) => formatPath(['chains', chain, 'providers', id]);
  const added = [...now.keys()].filter(id => !old.has(id));
  const removed = [...old.keys()].filter(id => !now.has(id));
  const changed: string[] = [];
  for (const id of [...added, ...removed])
    changes.push({ path: entry(id), applies: 'restart-child', child: 'provider' });
  for (const [id, provider] of now) {
    const previous = old.get(id);
    if (previous === undefined) continue;
    const found = compare(previous, provider, ['chains', chain, 'providers', 0]);
    if (found.length > 0) changed.push(id);
    for (const change of found)
      changes.push({
        ...change,
        path: change.path.replace(formatPath(['chains', chain, 'providers', 0]), entry(id)),
      });
  }
  return { changes, added, removed, changed };
}

/** The leaves of the schema at `path` that differ. */
function compare(before: unknown, after: unknown, path: ConfigPath): ConfigChange[] {
  const schema = schemaAt(rootSection, path);
  const shape = schema === undefined ? undefined : shapeOf(schema);
  if (shape?.kind === 'section' && isRecord(before) && isRecord(after)) {
    return Object.keys(shape.fields).flatMap(key => compare(before[key], after[key], [...path, key]));
  }
  if (isSame(before, after)) return [];
  const meta = fieldAt(rootSection, path);
  const applies = meta?.applies ?? 'restart';
  const child = applies === 'restart-child' ? (meta?.child ?? 'provider') : undefined;
  // A whole section that comes or goes may hold secrets further down.
  const isHidden = meta?.secret === true || shape?.kind === 'section';
  const [from, to] = isHidden ? [] : [show(before, meta?.unit), show(after, meta?.unit)];
  return [
    {
      path: formatPath(path),
      applies,
      ...(child === undefined ? {} : { child }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
  ];
}

function show(value: unknown, unit: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && unit === 'duration') return formatDuration(value);
  if (typeof value === 'number' && unit === 'bytes') return formatBytes(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
