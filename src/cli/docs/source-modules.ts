import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A module of `src/` and everything that it exports. */
export interface SourceModule {
  /** The folder below `src/` that it belongs to: `gateway`. */
  readonly folder: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Imports all modules below `src/` whose file name matches, in the order of their paths. */
export async function sourceModules(src: string, fileName: RegExp): Promise<SourceModule[]> {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(path => fileName.test(path.split('/').at(-1)!))
    .sort();
  return Promise.all(
    paths.map(async path => ({
      folder: path.split('/')[0]!,
      exports: await import(pathToFileURL(join(src, path)).href),
    })),
  );
}
