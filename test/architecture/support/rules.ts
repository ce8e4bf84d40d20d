import type { SourceFile } from './source-tree.ts';

/** The folder that a file of `src/` belongs to; `supervisors` and `main` stand for themselves. */
export function folderOf(path: string): string {
  const [top, second] = path.split('/');
  if (top !== 'src') return top!;
  return second!.endsWith('.ts') ? second!.slice(0, -'.ts'.length) : second!;
}

/** Imports that do not run downwards, and folders that no layer knows. */
export function layerViolations(
  files: readonly SourceFile[],
  layers: readonly (readonly string[])[],
  restricted: Readonly<Record<string, readonly string[]>>,
): string[] {
  const rank = (folder: string) => layers.findIndex(layer => layer.includes(folder));
  const violations: string[] = [];
  for (const file of files) {
    const from = folderOf(file.path);
    if (rank(from) < 0) violations.push(`${file.path}: the folder ${from} is in no layer`);
    for (const target of file.files) {
      const to = folderOf(target);
      if (to === from) continue;
      const allowed = restricted[to]?.includes(from) ?? true;
      if (rank(to) < 0 || rank(to) >= rank(from) || !allowed) {
        violations.push(`${file.path} must not import ${target}`);
      }
    }
  }
  return violations;
}

/** Packages imported outside the folders that own them. */
export function packageViolations(
  files: readonly SourceFile[],
  owners: Readonly<Record<string, readonly string[]>>,
): string[] {
  return files.flatMap(file =>
    file.packages
      .filter(name => !(Object.hasOwn(owners, name) && owners[name]!.includes(folderOf(file.path))))
      .map(name => `${file.path} must not import the package ${name}`),
  );
}

/** Imports of files that are not in the tree: missing ones, and tests or benchmarks that the product leans on. */
export function danglingImports(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map(file => file.path));
  return files.flatMap(file =>
    file.files.filter(target => !known.has(target)).map(target => `${file.path} imports ${target}`),
  );
}

/** Groups of files that need each other in a circle at run time (Tarjan's strongly connected components). */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const byPath = new Map(files.map(file => [file.path, file]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];

  const visit = (path: string) => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    const targets = byPath.get(path)!.runtimeFiles.filter(target => byPath.has(target));
    for (const target of targets) {
      if (!index.has(target)) {
        visit(target);
        low.set(path, Math.min(low.get(path)!, low.get(target)!));
      } else if (stack.includes(target)) {
        low.set(path, Math.min(low.get(path)!, index.get(target)!));
      }
    }
    if (low.get(path) !== index.get(path)) return;
    const component = stack.splice(stack.indexOf(path));
    if (component.length > 1 || targets.includes(path)) cycles.push(component.sort());
  };
  for (const { path } of files) if (!index.has(path)) visit(path);
  return cycles;
}

/** Files longer than `maxLines`. */
export function longFiles(files: readonly SourceFile[], maxLines: number): string[] {
  return files.filter(file => file.lines > maxLines).map(file => `${file.path}: ${file.lines} lines`);
}

/** Places outside `owners` (beginnings of paths) that take the time or set a timer past the clock they were given. */
export function clockViolations(files: readonly SourceFile[], owners: readonly string[]): string[] {
  return files
    .filter(file => !owners.some(owner => file.path.startsWith(owner)))
    .flatMap(({ path, code, imports }) => [
      ...timeSources.flatMap(source =>
        [...code.matchAll(source)].map(match => {
          const line = code.slice(0, match.index).split('\n').length;
          return `${path}:${line}: ${match[0].trim()}`;
        }),
      ),
      ...imports
        .filter(({ specifier }) => /^(?:node:)?timers(?:\/promises)?$/.test(specifier))
        .map(({ specifier }) => `${path}: ${specifier}`),
    ]);
}

const timeSources: readonly RegExp[] = [
  /\bDate\s*\.\s*now\b/g,
  /\bnew\s+Date\s*(?:\(\s*\)|(?![\s\w(]))/g,
  /\bperformance\s*\.\s*now\b/g,
  /\bprocess\s*\.\s*hrtime\b/g,
  /\bAbortSignal\s*\.\s*timeout\b/g,
  /(?:(?<![\w$.#])|\bglobalThis\s*\.\s*)set(?:Timeout|Interval)\s*\((?!\s*\w+\s*\??\s*:)/g,
];
