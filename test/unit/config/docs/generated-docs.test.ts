import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { configJsonSchema } from '../../../../src/config/docs/config-json-schema.ts';
import { configMarkdown } from '../../../../src/config/docs/config-markdown.ts';
import { fieldRegistry, jsonRegistry, sectionRegistry } from '../../../../src/config/field.ts';
import { rootSection } from '../../../../src/config/sections/root.ts';
import { shapeOf } from '../../../../src/config/validate/schema-tree.ts';

const file = (path: string) => readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** Every field of the config with its path. */
function* fields(schema: z.ZodType = rootSection, path = ''): Generator<{ path: string; schema: z.ZodType }> {
  const shape = shapeOf(schema);
  if (shape.kind === 'record') yield* fields(shape.value, `${path}.<name>`);
  if (shape.kind === 'list') yield* fields(shape.item, `${path}[]`);
  if (shape.kind !== 'section') return;
  assert.ok(sectionRegistry.get(shape.schema as z.ZodObject), `${path} has no documentation`);
  for (const [name, child] of Object.entries(shape.fields)) {
    yield { path: `${path}.${name}`, schema: child };
    yield* fields(child, `${path}.${name}`);
  }
}

describe('the documentation of the config', () => {
  it('covers every field with a sentence, and every value with a type', () => {
    for (const { path, schema } of fields()) {
      const meta = fieldRegistry.get(schema);
      assert.match(meta?.doc ?? '', /^[A-Z`].*\.$/, path);
      if (shapeOf(schema).kind === 'value')
        assert.ok(jsonRegistry.get(shapeOf(schema).schema), `${path} has no type`);
    }
  });

  it('states a unit for every duration and size', () => {
    for (const { path, schema } of fields()) {
      const type = jsonRegistry.get(shapeOf(schema).schema)?.type;
      if (type === 'duration') assert.equal(fieldRegistry.get(schema)?.unit, 'duration', path);
      if (type === 'size') assert.equal(fieldRegistry.get(schema)?.unit, 'bytes', path);
    }
  });

  it('is up to date in docs/config.md', async () => {
    assert.equal(await file('docs/config.md'), configMarkdown(), 'run `npm run docs`');
  });

  it('is up to date in config/chains.schema.json', async () => {
    assert.deepEqual(
      JSON.parse(await file('config/chains.schema.json')),
      configJsonSchema(),
      'run `npm run docs`',
    );
  });

  it('links every section to a heading that exists', () => {
    const markdown = configMarkdown();
    const headings = new Set(
      [...markdown.matchAll(/^## `(.*)`$/gm)].map(([, heading = '']) =>
        heading.toLowerCase().replaceAll(/[^a-z0-9_ -]/g, ''),
      ),
    );
    const links = [...markdown.matchAll(/\]\(#([^)]*)\)/g)].map(([, link = '']) => link);
    assert.ok(links.length > 10);
    for (const link of links) assert.ok(headings.has(link), link);
  });
});

describe('the JSON Schema of the config', () => {
  const { $defs } = configJsonSchema() as {
    $defs: Record<string, { properties: Record<string, { default?: unknown }> }>;
  };

  it('knows the defaults as they are written in the file', () => {
    assert.equal($defs.circuit_breaker!.properties.recovery_timeout!.default, '60s');
    assert.equal($defs.server!.properties.port!.default, 4000);
  });

  it('refers to definitions that exist', () => {
    for (const [, name = ''] of JSON.stringify(configJsonSchema()).matchAll(/#\/\$defs\/(\w+)/g))
      assert.ok($defs[name], name);
  });
});
