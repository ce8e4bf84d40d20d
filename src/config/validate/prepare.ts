import type { z } from 'zod';
import { tuningSections } from '../sections/tuning.ts';
import { shapeOf } from './schema-tree.ts';

type Raw = Record<string, unknown>;

/**
 * Drops keys without a value (`host:`), as YAML writers leave them behind when they comment a value out. A section
 * without a value (`devnet:`) stays, with its defaults. Items of lists are kept as they are.
 */
export function dropEmpty(value: unknown, schema: z.ZodType): unknown {
  const shape = shapeOf(schema);
  if (value === null) return shape.kind === 'section' || shape.kind === 'record' ? {} : undefined;
  if (Array.isArray(value)) {
    return shape.kind === 'list'
      ? value.map(item => (item === null ? null : dropEmpty(item, shape.item)))
      : value;
  }
  if (!isRaw(value) || (shape.kind !== 'section' && shape.kind !== 'record')) return value;
  const kept: Raw = Object.create(null);
  for (const [key, child] of Object.entries(value)) {
    const childSchema =
      shape.kind === 'record'
        ? shape.value
        : Object.hasOwn(shape.fields, key)
          ? shape.fields[key]
          : undefined;
    const cleaned = childSchema === undefined ? child : dropEmpty(child, childSchema);
    if (cleaned !== undefined) kept[key] = cleaned;
  }
  return kept;
}

/** A chain's raw settings over those of `defaults`, section by section and key by key; lists are not joined. */
export function withDefaults(chain: unknown, defaults: unknown): unknown {
  if (!isRaw(chain)) return chain;
  const merged: Raw = Object.assign(Object.create(null), chain);
  for (const name of Object.keys(tuningSections)) {
    if (isRaw(defaults) && defaults[name] !== undefined) merged[name] = merge(defaults[name], merged[name]);
  }
  return merged;
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isRaw(base) || !isRaw(over)) return over;
  const merged: Raw = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(over)) merged[key] = merge(base[key], value);
  return merged;
}
