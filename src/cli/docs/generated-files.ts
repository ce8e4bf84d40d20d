import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the repository that is made from the source. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly generate: () => string | Promise<string>;
}

/** Writes the files that differ from what they should be; returns their paths. */
export async function writeGenerated(root: string, files: readonly GeneratedFile[]): Promise<string[]> {
  const different = await differing(root, files);
  for (const { path, content } of different) writeFileSync(join(root, path), content);
  return different.map(({ path }) => path);
}

/** The paths of the files that differ from what they should be, or are not there. */
export async function staleFiles(root: string, files: readonly GeneratedFile[]): Promise<string[]> {
  return (await differing(root, files)).map(({ path }) => path);
}

async function differing(root: string, files: readonly GeneratedFile[]) {
  const contents = await Promise.all(files.map(generated));
  return contents.filter(({ path, content }) => content !== currentContent(join(root, path)));
}

/** @throws Error that names the file which cannot be made */
async function generated({ path, generate }: GeneratedFile) {
  try {
    return { path, content: await generate() };
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function currentContent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
