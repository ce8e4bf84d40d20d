import type { Diagnostic, Finding } from './diagnostic.ts';
import { type Environment, interpolate } from './interpolate.ts';
import { findSecrets } from './secrets/find-secrets.ts';
import type { Config } from './sections/root.ts';
import { ConfigSource } from './source/config-source.ts';
import { parseYaml } from './source/parse-yaml.ts';
import type { LeftOut } from './validate/left-out.ts';
import { validateConfig } from './validate/validate-config.ts';

/** Diagnostics that are worked out; a file with more mistakes than this has one mistake of another kind. */
const maxDiagnostics = 200;

interface LoadReport {
  /** What is valid but unlikely to be meant. */
  readonly warnings: readonly Diagnostic[];
  /** Upstreams left out for lack of environment variables, in the order of the file. */
  readonly leftOut: readonly LeftOut[];
  /** Every string that must never be logged or sent to a client, the longest first. */
  readonly secrets: readonly string[];
  /** The text of the file and where its settings stand. */
  readonly source: ConfigSource;
}

/** A valid config, frozen. */
export interface LoadedConfig extends LoadReport {
  readonly ok: true;
  readonly config: Config;
}

/** Why there is no config: every error of the file, in its order. */
export interface RejectedConfig extends LoadReport {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
}

export type LoadResult = LoadedConfig | RejectedConfig;

/** Reads a config from the text of a YAML file. Nothing in `text` or `env` makes it throw; all errors are told at once. */
export function parseConfig(text: string, file: string, env: Environment): LoadResult {
  const { root, findings } = parseYaml(text);
  if (root === undefined || root.kind !== 'map') {
    const source = new ConfigSource(file, text, undefined);
    return rejected(source, findings.length > 0 ? findings : [noSection(root === undefined)]);
  }
  const interpolated = interpolate(root, text, env);
  const { secrets, paths, findings: literals } = findSecrets(interpolated);
  const source = new ConfigSource(file, text, root, paths);
  const validated = validateConfig(interpolated, source, env.NODE_ENV === 'production');
  const all = [...findings, ...interpolated.findings, ...validated.findings];
  const errors = all.filter(finding => finding.severity !== 'warning');
  const warnings = diagnose(source, [...all.filter(finding => finding.severity === 'warning'), ...literals]);
  const { leftOut, config } = validated;
  if (config === undefined || errors.length > 0) {
    return { ok: false, diagnostics: diagnose(source, errors), warnings, leftOut, secrets, source };
  }
  return { ok: true, config, warnings, leftOut, secrets, source };
}

/** The result for a file that could not be read at all. */
export function rejected(source: ConfigSource, findings: readonly Finding[]): RejectedConfig {
  return {
    ok: false,
    diagnostics: diagnose(source, findings),
    warnings: [],
    leftOut: [],
    secrets: [],
    source,
  };
}

function diagnose(source: ConfigSource, findings: readonly Finding[]): Diagnostic[] {
  return findings
    .slice(0, maxDiagnostics)
    .map(finding => source.diagnose(finding))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function noSection(isEmpty: boolean): Finding {
  return {
    code: isEmpty ? 'config_missing_key' : 'config_invalid_value',
    message: isEmpty ? 'the file is empty' : 'the file holds no sections',
    hint: 'it starts with `chains:` and, below that, the chains by name',
    path: [],
    wholeFile: true,
  };
}
