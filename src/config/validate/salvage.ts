import type { z } from 'zod';
import type { ConfigPath } from '../diagnostic.ts';
import { isRaw } from './prepare.ts';

/** Takes the settings that `issues` are about out of `raw`, so that the rest can still be checked. Changes `raw`. */
export function salvage(raw: unknown, issues: readonly z.core.$ZodIssue[]): void {
  for (const issue of issues) {
    const path = issue.path as ConfigPath;
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(raw, [...path, key]);
    else remove(raw, path);
  }
  if (!isRaw(raw) || !isRaw(raw.chains)) return;
  let stand = 0;
  for (const chain of Object.values(raw.chains)) {
    if (!isRaw(chain)) continue;
    // Stand-ins for what has no default; findings about them are dropped, since their paths are in error.
    for (const provider of listOf(chain.providers)) provider.id ??= `unnamed-${stand++}`;
    for (const endpoint of listOf(isRaw(chain.geyser) ? chain.geyser.endpoints : undefined)) {
      endpoint.id ??= `unnamed-${stand++}`;
      endpoint.url ??= `http://unnamed-${stand++}.invalid`;
    }
  }
}

function listOf(value: unknown) {
  return Array.isArray(value) ? value.filter(isRaw) : [];
}

function remove(raw: unknown, path: ConfigPath): void {
  let parent = raw;
  for (const part of path.slice(0, -1))
    parent = Array.isArray(parent) ? parent[Number(part)] : isRaw(parent) ? parent[part] : undefined;
  const last = path.at(-1);
  if (last === undefined) return;
  // An item stays in its place: the indices of those after it are their paths.
  if (Array.isArray(parent)) parent[Number(last)] = {};
  else if (isRaw(parent)) delete parent[last];
}
