import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { versionOf } from './programs.ts';

/** What is kept of a run. */
export interface BenchmarkRun {
  readonly name: string;
  readonly options: unknown;
  /** Share of all cores that was idle just before, and just after; far from 1, others used the machine. */
  readonly idleBefore: number | undefined;
  readonly idleAfter: number | undefined;
  readonly result: unknown;
}

/** Writes what a benchmark found, with the machine it ran on, as JSON and returns the file's path. */
export async function writeResult(folder: string, run: BenchmarkRun): Promise<string> {
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const path = join(folder, `${run.name}-${at.replaceAll(':', '').slice(0, 17)}.json`);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg()[0],
    node: process.version,
    nginx: versionOf('nginx'),
    wrk: versionOf('wrk'),
    redis: versionOf('redis-server'),
    nats: versionOf('nats-server'),
  };
  await writeFile(path, `${JSON.stringify({ at, machine, ...run }, undefined, 2)}\n`);
  return path;
}
