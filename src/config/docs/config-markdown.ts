import type { z } from 'zod';
import { fieldRegistry, jsonRegistry, sectionRegistry } from '../field.ts';
import { rootSection } from '../sections/root.ts';
import { defaultOf, isRequired, shapeOf } from '../validate/schema-tree.ts';

const introduction = `# Configuration

<!-- Generated from src/config by \`npm run docs\`. Do not edit. -->

Trunkline reads one YAML file, \`config/chains.yaml\` unless \`--config\` names another. \`trunkline check\` tells everything that is wrong with it at once, and with the files that it names: IDLs, modules, the key of the session builder. The first line of the shipped file makes editors check it as you type.

* **Durations** are milliseconds (\`2000\`) or a number with a unit: \`500ms\`, \`2s\`, \`1m\`, \`1h\`, \`1d\`.
* **Sizes** are bytes (\`1048576\`) or a number with a unit: \`512KiB\`, \`10MiB\` (2^20), \`10MB\` (10^6).
* **Environment**: \`\${NAME}\` in a value is the variable, \`\${NAME:-text}\` the text when it is unset or empty, \`$$\` a dollar sign. The variable's content is never read as YAML. Inside \`{ }\` such a value needs quotes. A provider, or an endpoint of \`geyser\`, that needs an unset variable is left out, and the start-up table names the variable; anywhere else an unset variable is an error.
* **A key without a value** (\`host:\`) counts as not written; a section without content (\`devnet:\`) as one with all its defaults.
* **Repetition**: tuning for all chains goes under \`defaults\`, which takes the sections of a chain from \`selection\` to \`http\`; what a chain says itself goes before it. YAML anchors and \`<<\` work within limits.

The file is watched. A changed file is checked as a whole first: a bad one is reported and leaves everything running as it is; a good one is taken over, and the one before it is kept as \`chains.backup.yaml\`. The column *Applies* says how a change gets there:

* **live**: at once.
* **provider**: the providers that it concerns restart, one by one, without a client losing its connection.
* **chain**: the chain restarts with its providers.
* **pipelines**: the pipelines that it concerns end, once they have handled what they took, and start where they were.
* **restart**: it waits for the next start of Trunkline.
`;

/** The reference of all settings as Markdown, one table a section; the content of docs/config.md. */
export function configMarkdown(): string {
  const parts: string[] = [introduction];
  const visit = (schema: z.ZodType, path: string): void => {
    const shape = shapeOf(schema);
    if (shape.kind === 'record') visit(shape.value, `${path}.<name>`);
    if (shape.kind === 'list') visit(shape.item, `${path}[]`);
    if (shape.kind !== 'section') return;
    const fields = Object.entries(shape.fields);
    if (path !== '') {
      const doc = sectionRegistry.get(shape.schema as z.ZodObject)?.doc ?? '';
      const rows = fields.map(([name, field]) => row(name, field, path));
      const head = '| Key | Type | Default | Applies | |\n|---|---|---|---|---|';
      parts.push(`## \`${path}\`\n\n${doc}\n\n${head}\n${rows.join('\n')}\n`);
    }
    for (const [name, field] of fields)
      if (name !== 'defaults') visit(field, path === '' ? name : `${path}.${name}`);
  };
  visit(rootSection, '');
  return parts.join('\n');
}

function row(name: string, field: z.ZodType, path: string): string {
  const meta = fieldRegistry.get(field);
  const shape = shapeOf(field);
  const cells = [
    `\`${name}\``,
    shape.kind === 'section'
      ? `[section](#${anchor(`${path}.${name}`)})`
      : `${typeOf(field)}${hasPlainUnit(meta?.unit) ? ` (${meta?.unit})` : ''}`,
    shape.kind === 'section' ? '' : (meta?.derivedDefault ?? defaultText(field)),
    shape.kind === 'section'
      ? ''
      : meta?.applies === 'restart-child'
        ? (meta.child ?? 'provider')
        : (meta?.applies ?? ''),
    meta?.doc ?? '',
  ];
  return `| ${cells.join(' | ')} |`;
}

function typeOf(field: z.ZodType): string {
  const shape = shapeOf(field);
  if (shape.kind === 'list') {
    const item = shapeOf(shape.item);
    return item.kind === 'value' ? `list of ${typeOf(shape.item)}s` : 'list of sections';
  }
  if (shape.kind === 'record') return `${typeOf(shape.value)} by name`;
  return jsonRegistry.get(shape.schema)?.type ?? '';
}

function defaultText(field: z.ZodType): string {
  if (isRequired(field)) return '**required**';
  const value = defaultOf(field);
  if (value === undefined) return '–';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** Units that the type does not already say. */
function hasPlainUnit(unit: string | undefined): boolean {
  return unit !== undefined && unit !== 'duration' && unit !== 'bytes';
}

/** The fragment that GitHub gives a heading in code type. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-');
}
