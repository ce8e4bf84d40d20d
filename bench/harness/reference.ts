import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { waitFor } from './wait-for.ts';

/** A Node program of `bench/processes/` that is measured beside Trunkline. */
export interface Reference {
  readonly port: number;
  readonly child: BenchChild;
}

/** Starts `bench/processes/<name>.ts` on a free port, in front of the upstreams. */
export async function startReference(
  children: ChildProcesses,
  name: 'http-loop' | 'socket-relay',
  upstreamPorts: readonly number[],
  core?: number,
): Promise<Reference> {
  const port = await findFreePort('127.0.0.1');
  const file = fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url));
  const child = children.start(name, process.execPath, [file, ...[port, ...upstreamPorts].map(String)], {
    core,
  });
  await waitFor(child, async () => (await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' })).status > 0);
  return { port, child };
}
