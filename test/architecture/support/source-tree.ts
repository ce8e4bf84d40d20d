import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type ScannedImport, type ScannedSource, scanSource } from './scan-source.ts';

/** One TypeScript file of the tree. */
export interface SourceFile extends ScannedSource {
  /** From the root, with slashes. */
  readonly path: string;
  readonly lines: number;
  /** Files that it imports, by path; those among them that it needs at run time; packages, by name. */
  readonly files: readonly string[];
  readonly runtimeFiles: readonly string[];
  readonly packages: readonly string[];
}

/** Reads the TypeScript files below these folders of `root`; a folder that is not there has none. */
export function readSourceTree(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap(folder => list(root, folder)).map(path => readSource(root, path));
}

function list(root: string, folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter(entry => entry.endsWith('.ts'))
    .map(entry => posix.join(folder, entry))
    .sort();
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const scanned = scanSource(text);
  const relative = scanned.imports.filter(({ specifier }) => specifier.startsWith('.'));
  const bare = scanned.imports.filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier));
  const pathOf = ({ specifier }: ScannedImport) => posix.join(posix.dirname(path), specifier);
  return {
    ...scanned,
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    files: relative.map(pathOf),
    runtimeFiles: relative.filter(({ typeOnly }) => !typeOnly).map(pathOf),
    packages: bare.map(({ specifier }) => packageName(specifier)),
  };
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
