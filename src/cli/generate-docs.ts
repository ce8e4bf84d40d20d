import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../config/docs/config-json-schema.ts';
import { configMarkdown } from '../config/docs/config-markdown.ts';
import { errorsPage } from './docs/errors-page.ts';
import { type GeneratedFile, staleFiles, writeGenerated } from './docs/generated-files.ts';
import { metricsPage } from './docs/metrics-page.ts';
import { sourceModules } from './docs/source-modules.ts';
import { supervisionPage } from './docs/supervision-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const src = fileURLToPath(new URL('..', import.meta.url));

/** Everything that `npm run docs` writes and `npm run docs -- --check` compares. */
const files: readonly GeneratedFile[] = [
  {
    path: 'docs/errors.md',
    generate: async () => errorsPage(await sourceModules(src, /^errors\.ts$/)),
  },
  {
    path: 'docs/metrics.md',
    generate: async () => metricsPage(await sourceModules(src, /^(?:.+-)?metrics\.ts$/)),
  },
  { path: 'docs/config.md', generate: configMarkdown },
  { path: 'docs/supervision-tree.md', generate: supervisionPage },
  {
    path: 'config/chains.schema.json',
    generate: () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  },
];

if (process.argv.includes('--check')) {
  const stale = await staleFiles(root, files);
  for (const path of stale) console.error(`${path} differs from the source: run \`npm run docs\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of await writeGenerated(root, files)) console.log(`wrote ${path}`);
}
