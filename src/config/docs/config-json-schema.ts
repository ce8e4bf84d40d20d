import type { z } from 'zod';
import { type FieldMeta, fieldRegistry, jsonRegistry, sectionRegistry } from '../field.ts';
import { chainNamePattern } from '../sections/chain.ts';
import { pipelineNamePattern } from '../sections/pipelines/pipeline.ts';
import { rootSection } from '../sections/root.ts';
import { defaultOf, isRequired, shapeOf } from '../validate/schema-tree.ts';

type Json = Record<string, unknown>;

const entryNames: Readonly<Record<string, RegExp>> = {
  chains: chainNamePattern,
  pipelines: pipelineNamePattern,
};
const singular: Readonly<Record<string, string>> = {
  chains: 'chain',
  providers: 'provider',
  endpoints: 'endpoint',
  pipelines: 'pipeline',
  handlers: 'handler',
};

/** The JSON Schema (2020-12) of a config file, for editors: types, ranges, defaults and the documentation of every key. */
export function configJsonSchema(): object {
  const definitions = new Map<z.ZodType, string>();
  const bodies: Json = {};
  const taken = new Set<string>();

  const define = (schema: z.ZodType, name: string, parent: string): Json => {
    const shape = shapeOf(schema);
    switch (shape.kind) {
      case 'section': {
        let id = definitions.get(shape.schema);
        if (id === undefined) {
          id = taken.has(name) ? `${parent}_${name}` : name;
          taken.add(id);
          definitions.set(shape.schema, id);
          bodies[id] = section(shape.schema, shape.fields, id);
        }
        return { $ref: `#/$defs/${id}` };
      }
      case 'record': {
        const pattern = entryNames[name];
        const names = pattern === undefined ? {} : { propertyNames: { pattern: pattern.source } };
        const entry = singular[name] ?? `${name}_entry`;
        return {
          type: ['object', 'null'],
          ...names,
          additionalProperties: define(shape.value, entry, parent),
        };
      }
      case 'list':
        return {
          type: ['array', 'null'],
          items: define(shape.item, singular[name] ?? name, parent),
        };
      default:
        return { ...jsonRegistry.get(shape.schema)?.json };
    }
  };

  const section = (schema: z.ZodType, fields: Readonly<Record<string, z.ZodType>>, id: string): Json => {
    const properties: Json = {};
    for (const [name, field] of Object.entries(fields)) {
      const meta = fieldRegistry.get(field);
      const value = meta?.derivedDefault === undefined ? defaultOf(field) : undefined;
      const isPlain = value !== undefined && (typeof value !== 'object' || Array.isArray(value));
      properties[name] = {
        ...define(field, name, id),
        ...(meta === undefined
          ? {}
          : { description: shapeOf(field).kind === 'section' ? meta.doc : describe(meta) }),
        ...(isPlain ? { default: value } : {}),
      };
    }
    const required = Object.keys(fields).filter(name => isRequired(fields[name] as z.ZodType));
    return {
      type: ['object', 'null'],
      description: sectionRegistry.get(schema as z.ZodObject)?.doc,
      additionalProperties: false,
      properties,
      ...(required.length === 0 ? {} : { required }),
    };
  };

  const shape = shapeOf(rootSection);
  const root = shape.kind === 'section' ? section(shape.schema, shape.fields, '') : {};
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Trunkline config',
    ...root,
    type: 'object',
    $defs: bodies,
  };
}

const applied = {
  live: 'A change applies at once.',
  'restart-child': 'A change restarts what it concerns, without a restart of Trunkline.',
  restart: 'A change waits for a restart of Trunkline.',
} as const;

function describe(meta: FieldMeta): string {
  const derived = meta.derivedDefault === undefined ? [] : [`Default: ${meta.derivedDefault}.`];
  return [meta.doc, ...derived, applied[meta.applies]].join(' ');
}
