import type { ConfigPath, Finding } from './diagnostic.ts';
import type { SourceNode } from './source/source-node.ts';

/** The environment that `${VAR}` is read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that could not be made because variables in it are unset. */
export interface UnsetReference {
  readonly path: ConfigPath;
  readonly variables: readonly string[];
  /** The first of the references in the file. */
  readonly range: readonly [start: number, end: number];
}

/** A value that holds text from the environment. */
export interface InterpolatedValue {
  readonly path: ConfigPath;
  /** The texts that took the place of references, defaults included. */
  readonly inserted: readonly string[];
}

export interface Interpolated {
  /** The config as plain data; a value with unset variables holds the text "unset" in their place. */
  readonly value: unknown;
  readonly unset: readonly UnsetReference[];
  readonly interpolated: readonly InterpolatedValue[];
  readonly findings: readonly Finding[];
}

const reference = /\$(?:\$|\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?)/g;

/**
 * Puts the values of environment variables into the strings of a parsed config. It works on scalars after parsing,
 * so a value that holds YAML, quotes or `$1` stays one string.
 *
 * `${VAR}` is the variable, `${VAR:-text}` the text when it is unset or empty, `$$` a dollar sign. An empty variable
 * counts as unset.
 */
export function interpolate(root: SourceNode, text: string, env: Environment): Interpolated {
  const unset: UnsetReference[] = [];
  const interpolated: InterpolatedValue[] = [];
  const findings: Finding[] = [];

  const visit = (node: SourceNode, path: ConfigPath): unknown => {
    if (node.kind === 'map') {
      // No prototype, so that `constructor` is a name like any other; `__proto__` stays a trap for what reads it later.
      const map: Record<string, unknown> = Object.create(null);
      for (const [key, child] of node.entries) {
        if (key === '__proto__') findings.push(inertKey(child, path));
        else map[key] = visit(child, [...path, key]);
      }
      return map;
    }
    if (node.kind === 'list') return node.items.map((item, index) => visit(item, [...path, index]));
    return typeof node.value === 'string' && node.value.includes('$')
      ? expand(node.value, node, path)
      : node.value;
  };

  const expand = (raw: string, node: SourceNode, path: ConfigPath): string => {
    const missing: string[] = [];
    const inserted: string[] = [];
    let isMalformed = false;
    const expanded = raw.replaceAll(reference, (match: string, name?: string, fallback?: string) => {
      if (match === '$$') return '$';
      if (name === undefined) {
        isMalformed = true;
        return match;
      }
      const found = Object.hasOwn(env, name) ? env[name] : undefined;
      const text = found === undefined || found === '' ? fallback : found;
      if (text === undefined) {
        if (!missing.includes(name)) missing.push(name);
        return 'unset';
      }
      inserted.push(text);
      return text;
    });
    if (isMalformed) findings.push(malformed(node, text, path));
    if (missing.length > 0)
      unset.push({ path, variables: missing, range: rangeOf(`\${${missing[0]}`, node, text) });
    if (inserted.length > 0) interpolated.push({ path, inserted });
    return expanded;
  };

  return { value: visit(root, []), unset, interpolated, findings };
}

function inertKey(node: SourceNode, path: ConfigPath): Finding {
  return {
    code: 'config_unknown_key',
    message: '`__proto__` is no key of a config',
    hint: 'remove it',
    path,
    range: [node.keyStart ?? node.start, node.keyEnd ?? node.end],
  };
}

function malformed(node: SourceNode, text: string, path: ConfigPath): Finding {
  const raw = text.slice(node.start, node.end);
  const bad = [...raw.matchAll(reference)].find(match => match[0] === '${');
  const start = node.start + (bad?.index ?? 0);
  return {
    code: 'config_bad_reference',
    message: '`$` and `{` are not followed by a variable name and a closing brace',
    hint: `write \${NAME} or \${NAME:-text without braces}; a doubled "$" stands for one "$"`,
    path,
    range: [start, start + 2],
  };
}

function rangeOf(start: string, node: SourceNode, text: string): readonly [number, number] {
  const at = text.slice(node.start, node.end).indexOf(start);
  if (at === -1) return [node.start, node.end];
  const end = text.indexOf('}', node.start + at);
  return [node.start + at, end === -1 ? node.end : end + 1];
}
