import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { findFreePort } from '../../src/devnet/free-port.ts';
import { benchChainId } from './chain-stub.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { answersCall, waitFor } from './wait-for.ts';

/** One upstream of the benchmark's chain. */
export interface BenchProvider {
  readonly id: string;
  readonly url: string;
  readonly ws_url?: string;
  readonly priority?: number;
}

/** How Trunkline is started for a benchmark: its own process, one chain named `bench`. */
export interface TrunklineOptions {
  readonly providers: readonly BenchProvider[];
  /** Keys of the chain on top, as in the YAML. @default {} */
  readonly chain?: Readonly<Record<string, unknown>>;
  /** Further sections of the file. @default {} */
  readonly sections?: Readonly<Record<string, unknown>>;
  readonly core?: number | undefined;
  /** @default a free one */
  readonly port?: number;
  /** Options of Node itself, e.g. `--cpu-prof`. @default [] */
  readonly nodeOptions?: readonly string[];
}

const entry = fileURLToPath(new URL('../../bin/trunkline.js', import.meta.url));
const readiness = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';

/** A running Trunkline in front of a benchmark's upstreams; everything but its providers is at its default. */
export class TrunklineProcess {
  readonly port: number;
  readonly child: BenchChild;

  private constructor(port: number, child: BenchChild) {
    this.port = port;
    this.child = child;
  }

  /** @throws Error with its output, when it does not answer a call within 20 seconds */
  static async start(children: ChildProcesses, options: TrunklineOptions): Promise<TrunklineProcess> {
    const file = join(children.makeFolder(), 'chains.yaml');
    const bench = {
      chain_id: benchChainId,
      block_time: '1s',
      ...options.chain,
      providers: options.providers,
    };
    await writeFile(file, stringify({ ...options.sections, chains: { bench } }));
    const port = options.port ?? (await findFreePort('127.0.0.1'));
    const args = [...(options.nodeOptions ?? []), entry, 'start', '--config', file, '--port', String(port)];
    const child = children.start('trunkline', process.execPath, args, { core: options.core });
    const trunkline = new TrunklineProcess(port, child);
    await waitFor(child, () => answersCall(trunkline.url, readiness));
    return trunkline;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/rpc/bench`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/rpc/bench`;
  }
}
