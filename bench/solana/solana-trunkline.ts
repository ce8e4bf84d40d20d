import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { BenchChild, ChildProcesses } from '../harness/child-processes.ts';
import { answersCall, waitFor } from '../harness/wait-for.ts';

/** The name of the embedded chain. */
export const benchChain = 'bench';

/** What is not at its default. */
export interface SolanaTrunklineOptions {
  /** Of `chains.bench.devnet`. @default {} */
  readonly devnet?: Readonly<Record<string, unknown>>;
  /** Further keys of the chain. @default {} */
  readonly chain?: Readonly<Record<string, unknown>>;
  /** Further sections of the file. @default {} */
  readonly sections?: Readonly<Record<string, unknown>>;
  /** Told each line of the log, as JSON. */
  readonly onLog?: (line: string) => void;
}

const entry = fileURLToPath(new URL('../../bin/trunkline.js', import.meta.url));
const token = 'benchmark-token';
const readiness = '{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[{"commitment":"confirmed"}]}';

/** A whole Trunkline in a process of its own over an embedded Solana chain behind three providers, with storage. */
export class SolanaTrunkline {
  readonly port: number;
  readonly child: BenchChild;

  private constructor(port: number, child: BenchChild) {
    this.port = port;
    this.child = child;
  }

  /** @throws Error with its output, when it is not ready within 30 seconds */
  static async start(children: ChildProcesses, options: SolanaTrunklineOptions): Promise<SolanaTrunkline> {
    const { devnet, chain, sections, onLog } = options;
    const folder = children.makeFolder();
    const file = join(folder, 'chains.yaml');
    const bench = { family: 'solana', devnet: { engine: 'litesvm', providers: 3, ...devnet }, ...chain };
    const config = {
      admin: { token },
      log: { format: 'json' },
      storage: { directory: join(folder, 'data') },
      ...sections,
      chains: { [benchChain]: bench },
    };
    await writeFile(file, stringify(config));
    const port = await findFreePort('127.0.0.1');
    const child = children.start('trunkline', process.execPath, [
      entry,
      'start',
      '--config',
      file,
      '--port',
      String(port),
    ]);
    if (onLog !== undefined)
      for (const output of [child.process.stdout, child.process.stderr]) splitLines(output, onLog);
    const trunkline = new SolanaTrunkline(port, child);
    await waitFor(child, () => answersCall(trunkline.url, readiness), 30_000);
    return trunkline;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/rpc/${benchChain}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/rpc/${benchChain}`;
  }

  get feedUrl(): string {
    return `ws://127.0.0.1:${this.port}/feed`;
  }

  /** Asks the admin API. @throws Error with its answer when it refuses */
  async admin<Answer>(path: string, body: object): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.port}/admin/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return text
      .split('\n')
      .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
}

function splitLines(output: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  output?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
