import { type ConfigPath, type Finding, formatPath } from '../diagnostic.ts';
import type { Interpolated } from '../interpolate.ts';
import { rootSection } from '../sections/root.ts';
import { fieldAt, schemaAt } from '../validate/schema-tree.ts';
import { SecretCollector } from './collect-secrets.ts';

/** Values of unknown keys are hidden from this length on; shorter ones are words such as "info" and "2s". */
const minUnknownLength = 6;

/** Keys whose whole value is a secret. */
const wholeSecrets: ReadonlySet<string> = new Set(['token', 'password']);

export interface FoundSecrets {
  /** Every string that must not be shown, the longest first. */
  readonly secrets: string[];
  /** Settings whose values are secret. */
  readonly paths: readonly ConfigPath[];
  /** Warnings about keys that stand in the file itself. */
  readonly findings: readonly Finding[];
}

/** Finds what is secret in a config: values from the environment in addresses, headers and tokens, and literal keys. */
export function findSecrets({ value, interpolated, unset }: Interpolated): FoundSecrets {
  const collector = new SecretCollector();
  const paths: ConfigPath[] = [];
  const findings: Finding[] = [];
  const keyOf = (path: ConfigPath) => JSON.stringify(path);
  const incomplete = new Set(unset.map(({ path }) => keyOf(path)));
  const inserted = new Map(interpolated.map(entry => [keyOf(entry.path), entry.inserted]));

  const visit = (node: unknown, path: ConfigPath): void => {
    if (typeof node === 'object' && node !== null) {
      const entries = Array.isArray(node) ? node.entries() : Object.entries(node);
      for (const [part, child] of entries) visit(child, [...path, part]);
      return;
    }
    const meta = fieldAt(rootSection, path);
    // A key that does not exist may be a secret one that is misspelt.
    const isUnknown =
      typeof node === 'string' &&
      node.length >= minUnknownLength &&
      schemaAt(rootSection, path) === undefined;
    const isSecret = isUnknown || meta?.secret === true;
    if (isSecret) paths.push(path);
    if (typeof node !== 'string' || !(isSecret || node.includes('://'))) return;
    const key = keyOf(path);
    for (const text of inserted.get(key) ?? []) collector.add(text);
    if (incomplete.has(key)) return;
    const isLiteral = takeLiteral(collector, node, path) && !inserted.has(key) && meta?.secret === true;
    if (isLiteral) findings.push(literalSecret(path));
  };
  visit(value, []);
  return { secrets: collector.secrets, paths, findings };
}

function takeLiteral(collector: SecretCollector, text: string, path: ConfigPath): boolean {
  if (text.includes('://')) return collector.addAddress(text);
  if (path.at(-2) === 'headers') return collector.addHeader(String(path.at(-1)), text);
  if (!wholeSecrets.has(String(path.at(-1)))) return false;
  collector.add(text);
  return true;
}

function literalSecret(path: ConfigPath): Finding {
  return {
    severity: 'warning',
    code: 'config_literal_secret',
    message: `\`${formatPath(path)}\` holds a key in plain text`,
    hint: `put it into the environment and write \${NAME} in its place`,
    path,
  };
}
