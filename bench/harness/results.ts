import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { versionOf } from './programs.ts';

/** Writes what a benchmark found, with the machine it ran on, as JSON and returns the file's path. */
export async function writeResult(
  folder: string,
  name: string,
  options: unknown,
  result: unknown,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const path = join(folder, `${name}-${at.replaceAll(':', '').slice(0, 17)}.json`);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg()[0],
    node: process.version,
    nginx: versionOf('nginx'),
    wrk: versionOf('wrk'),
  };
  await writeFile(path, `${JSON.stringify({ name, at, machine, options, result }, undefined, 2)}\n`);
  return path;
}
