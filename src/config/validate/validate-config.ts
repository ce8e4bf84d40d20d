import { checkChains } from '../checks/check-chains.ts';
import { checkFeed } from '../checks/check-feed.ts';
import { checkGeyser } from '../checks/check-geyser.ts';
import { checkPipelines } from '../checks/check-pipelines.ts';
import { checkPorts } from '../checks/check-ports.ts';
import { checkProviders } from '../checks/check-providers.ts';
import { checkSessions } from '../checks/check-sessions.ts';
import { checkStorage } from '../checks/check-storage.ts';
import { checkTuning } from '../checks/check-tuning.ts';
import type { ConfigPath, Finding } from '../diagnostic.ts';
import type { Interpolated } from '../interpolate.ts';
import { type Config, rootSection } from '../sections/root.ts';
import type { ConfigSource } from '../source/config-source.ts';
import { assemble } from './assemble.ts';
import { describeIssue } from './describe-issue.ts';
import { type LeftOut, sortUnset, withoutLeftOut } from './left-out.ts';
import { dropEmpty, isRaw } from './prepare.ts';
import { salvage } from './salvage.ts';

const checks = [
  checkChains,
  checkProviders,
  checkGeyser,
  checkTuning,
  checkPorts,
  checkStorage,
  checkFeed,
  checkPipelines,
  checkSessions,
];

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
