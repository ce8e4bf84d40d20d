import assert from 'node:assert/strict';
import { formatDiagnostics } from '../../../src/config/format-diagnostics.ts';
import type { Environment } from '../../../src/config/interpolate.ts';
import { type LoadedConfig, parseConfig, type RejectedConfig } from '../../../src/config/parse-config.ts';

/** The smallest valid config. */
export const smallest = 'chains: { local: { chain_id: 31337, devnet: {} } }';

/** A config with one chain of two providers, whose chain-level lines are `lines`. */
export function withChain(lines = '', providers = defaultProviders): string {
  return `chains:\n  main:\n    chain_id: 1\n${indent(lines, 4)}    providers:\n${indent(providers, 6)}`;
}

const defaultProviders =
  '- { id: a, url: "https://a.example/rpc" }\n- { id: b, url: "https://b.example/rpc" }';

/** The result for a text that has to be valid. */
export function accept(text: string, env: Environment = {}): LoadedConfig {
  const result = parseConfig(text, 'chains.yaml', env);
  assert.ok(result.ok, result.ok ? '' : formatDiagnostics(result.diagnostics));
  return result;
}

/** The result for a text that has to be refused. */
export function reject(text: string, env: Environment = {}): RejectedConfig {
  const result = parseConfig(text, 'chains.yaml', env);
  assert.ok(!result.ok, 'the config was accepted');
  return result;
}

/** The one error of a text. */
export function onlyError(text: string, env: Environment = {}) {
  const { diagnostics } = reject(text, env);
  assert.equal(diagnostics.length, 1, formatDiagnostics(diagnostics));
  return diagnostics[0]!;
}

function indent(lines: string, by: number): string {
  return lines === '' ? '' : `${lines.replaceAll(/^/gm, ' '.repeat(by))}\n`;
}
