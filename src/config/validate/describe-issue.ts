import type { z } from 'zod';
import { type ConfigPath, type Finding, formatPath } from '../diagnostic.ts';
import type { ConfigSource } from '../source/config-source.ts';
import type { ValueIssueParams } from '../values/value.ts';
import { schemaAt, shapeOf } from './schema-tree.ts';
import { suggestKey } from './suggest-key.ts';

/** Unknown keys of one section after the first few say nothing more. */
const maxUnknownKeys = 20;

/** The findings of one zod issue: what is wrong, in the words of the file. */
export function describeIssue(issue: z.core.$ZodIssue, root: z.ZodType, source: ConfigSource): Finding[] {
  const path = issue.path as ConfigPath;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, maxUnknownKeys).map(key => unknownKey(key, path, root, source));
    case 'invalid_key':
      return [invalidName(path)];
    case 'invalid_type':
      return [invalidValue(path, structures[issue.expected] ?? `a ${issue.expected}`, undefined, source)];
    case 'custom': {
      const { expected, hint } = (issue.params ?? {
        expected: 'another value',
      }) as unknown as ValueIssueParams;
      return [invalidValue(path, expected, hint, source)];
    }
    case 'too_small':
      return [invalidValue(path, `at least ${entries(Number(issue.minimum))}`, undefined, source)];
    case 'too_big':
      return [invalidValue(path, `at most ${entries(Number(issue.maximum))}`, undefined, source)];
    default:
      return [invalidValue(path, 'another value', undefined, source)];
  }
}

function entries(count: number): string {
  return count === 1 ? 'one entry' : `${count} entries`;
}

const structures: Readonly<Record<string, string>> = {
  object: 'a section, that is `key: value` lines',
  record: 'a section, that is `name: value` lines',
  array: 'a list, that is lines that start with "- "',
};

function unknownKey(key: string, section: ConfigPath, root: z.ZodType, source: ConfigSource): Finding {
  const schema = schemaAt(root, section);
  const shape = schema === undefined ? undefined : shapeOf(schema);
  const known = shape?.kind === 'section' ? Object.keys(shape.fields) : [];
  const path = [...section, key];
  const where = section.length === 0 ? 'at the top' : `in \`${formatPath(section)}\``;
  return {
    code: 'config_unknown_key',
    message: `unknown key \`${formatPath([key])}\` ${where}`,
    hint: suggestKey(key, known, root, word => source.has([...section, word])),
    path,
    at: 'key',
  };
}

function invalidName(path: ConfigPath): Finding {
  const name = String(path.at(-1));
  if (path[0] === 'chains' && path.length === 2) {
    const better = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 63);
    const hint = /[a-z]/.test(better)
      ? `write \`${better}\``
      : 'an id goes to `chain_id`, the name is a word';
    return {
      code: 'config_invalid_name',
      message: `\`${formatPath([name])}\` is no name for a chain: small letters, digits and "-", with at least one letter, 63 at most`,
      hint,
      path,
      at: 'key',
    };
  }
  if (path[0] === 'pipelines' && path.length === 2) {
    return {
      code: 'config_invalid_name',
      message: `\`${formatPath([name])}\` is no name for a pipeline: letters, digits, "-" and "_", 64 at most`,
      path,
      at: 'key',
    };
  }
  return {
    code: 'config_invalid_name',
    message: `\`${formatPath([name])}\` is no header that can be set here`,
    hint: 'headers of the connection itself (Host, Content-Length, …) are set by Trunkline',
    path,
    at: 'key',
  };
}

function invalidValue(
  path: ConfigPath,
  expected: string,
  hint: string | undefined,
  source: ConfigSource,
): Finding {
  if (path.length > 0 && !source.has(path) && !source.has(['defaults', ...path.slice(2)])) {
    const parent = path.slice(0, -1);
    return {
      code: 'config_missing_key',
      message:
        parent.length === 0
          ? `\`${formatPath(path)}\` is missing`
          : `\`${formatPath(parent)}\` has no \`${path.at(-1)}\``,
      hint: `give ${expected}`,
      path,
      at: 'key',
      wholeFile: parent.length === 0,
    };
  }
  const written = source.describe(path);
  return {
    code: 'config_invalid_value',
    message: `\`${formatPath(path)}\`: expected ${expected}${written === undefined || written === '' ? '' : `, not ${written}`}`,
    ...(hint === undefined ? {} : { hint }),
    path,
  };
}
