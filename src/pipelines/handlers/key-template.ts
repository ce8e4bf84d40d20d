import type { storageKeyNames } from '../../config/sections/pipelines/handler.ts';
import { PipelineError } from '../errors.ts';
import type { PipelineItem } from '../pipeline.ts';

const fields: Readonly<Record<(typeof storageKeyNames)[number], (item: PipelineItem) => string>> = {
  chain: ({ origin }: PipelineItem) => origin.chain,
  pipeline: ({ pipeline }: PipelineItem) => pipeline,
  slot: ({ origin }: PipelineItem) => String(origin.slot),
  signature: ({ origin }: PipelineItem) => origin.signature ?? '',
  path: ({ origin }: PipelineItem) => origin.path ?? '',
  name: ({ value }: PipelineItem) => textOf(value, 'name'),
  pubkey: ({ value }: PipelineItem) => textOf(value, 'pubkey'),
  key: ({ origin }: PipelineItem) => origin.key,
};

/**
 * A text with `{chain}`, `{pipeline}`, `{slot}`, `{signature}`, `{path}`, `{name}` (the value's own `name`), `{pubkey}` (that of
 * an account; of other values nothing) and `{key}` (unique on the chain) filled in.
 * @throws PipelineError `pipeline_invalid`: there is something else in braces
 */
export function keyTemplate(template: string): (item: PipelineItem) => string {
  const parts: (string | ((item: PipelineItem) => string))[] = [];
  for (const part of template.split(/(\{[^{}]*\})/)) {
    if (!/^\{[^{}]*\}$/.test(part)) {
      if (part !== '') parts.push(part);
      continue;
    }
    const name = part.slice(1, -1);
    if (!Object.hasOwn(fields, name)) {
      const known = Object.keys(fields).map(field => `{${field}}`);
      throw new PipelineError('pipeline_invalid', `${part} is none of ${known.join(', ')}`);
    }
    parts.push(fields[name as keyof typeof fields]);
  }
  return item => {
    let key = '';
    for (const part of parts) key += typeof part === 'string' ? part : part(item);
    return key;
  };
}

function textOf(value: unknown, field: 'name' | 'pubkey'): string {
  const text = (value as { readonly [field]?: unknown } | null | undefined)?.[field];
  return typeof text === 'string' ? text : '';
}
