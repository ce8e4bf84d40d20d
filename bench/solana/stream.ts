import { setTimeout as delay } from 'node:timers/promises';
import { type BenchChild, ChildProcesses } from '../harness/child-processes.ts';
import { cpuMicroseconds, queuedMs } from '../harness/cpu-time.ts';
import { now } from '../harness/now.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import type { ContestantOptions, ContestantReport } from './contestants/contestant.ts';
import { GeyserReplay } from './geyser-replay.ts';
import { ask, processScript, startNode } from './node-child.ts';

/** Options of the stream. */
export interface StreamOptions {
  /** Rounds; each measures every contestant once. @default 5 */
  readonly rounds?: number;
  /** Length of one burst. @default 3 */
  readonly seconds?: number;
  /** Folder for CPU profiles of Trunkline. @default no profile */
  readonly profile?: string;
}

/** One burst of one contestant. */
export interface StreamRound {
  readonly updatesPerSecond: number;
  readonly cpuMicrosecondsPerUpdate: number;
  readonly coresUsed: number;
  /** Share of the time in which its main thread could have run and had no core: then the rate says little. */
  readonly queuedShare: number;
  /** Cores that the endpoint used: it must not be the slower one. */
  readonly endpointCores: number;
}

/** One contestant over all rounds. */
export interface StreamResult {
  readonly contestant: string;
  readonly rounds: readonly StreamRound[];
  /** Median over the rounds of the rate divided by that of the vendor's client in the same round. */
  readonly ratioToVendor: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
  /** Median over the rounds of the vendor's CPU an update divided by its own. */
  readonly cpuRatio: number;
}

interface Entry {
  readonly name: string;
  readonly module: string;
  readonly options: Omit<ContestantOptions, 'port'>;
}

const vendor = '@triton-one/yellowstone-grpc';
const entries: readonly Entry[] = [
  { name: vendor, module: 'vendor', options: {} },
  { name: 'Trunkline, fee of each', module: 'trunkline', options: { parser: 'fee' } },
  { name: 'Trunkline, session_events', module: 'trunkline', options: { parser: 'session_events' } },
  { name: 'grpc-js and our codec', module: 'codec', options: {} },
];
/** The compiler is done with what runs often after so many updates, or it is not worth waiting for. */
const warmUpUpdates = 50_000;
const longestWarmUpMs = 10_000;

/** Transactions a second from an endpoint on loopback, by the vendor's client, by a bare one, and through Trunkline's pipeline. */
export async function stream(options: StreamOptions = {}): Promise<readonly StreamResult[]> {
  const { rounds = 5, seconds = 3, profile } = options;
  await using children = new ChildProcesses();
  const endpoint = await GeyserReplay.start(children);
  const taken = new Map(entries.map(({ name }) => [name, [] as StreamRound[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const entry of entries) {
      const result = await measure(children, endpoint, entry, seconds, profile);
      taken.get(entry.name)!.push(result);
      console.log(
        `  round ${round}/${rounds}  ${entry.name}: ${Math.round(result.updatesPerSecond)} updates/s, ${result.cpuMicrosecondsPerUpdate.toFixed(1)} µs of CPU each`,
      );
    }
  }
  const reference = taken.get(vendor)!;
  const results = Array.from(taken, ([contestant, own]): StreamResult => {
    const ratios = own.map(({ updatesPerSecond }, at) => updatesPerSecond / reference[at]!.updatesPerSecond);
    const cpu = own.map((one, at) => reference[at]!.cpuMicrosecondsPerUpdate / one.cpuMicrosecondsPerUpdate);
    return {
      contestant,
      rounds: own,
      ratioToVendor: median(ratios),
      lowestRatio: Math.min(...ratios),
      highestRatio: Math.max(...ratios),
      cpuRatio: median(cpu),
    };
  });
  print(results);
  return results;
}

async function measure(
  children: ChildProcesses,
  endpoint: GeyserReplay,
  { name, module, options }: Entry,
  seconds: number,
  profile: string | undefined,
): Promise<StreamRound> {
  const { child } = await startNode<object>(
    children,
    name,
    processScript('geyser-client'),
    [module, JSON.stringify({ ...options, port: endpoint.port } satisfies ContestantOptions)],
    profile === undefined || module !== 'trunkline' ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  );
  try {
    await warmUp(child);
    const look = async () => ({
      transactions: (await ask<ContestantReport>(child, {})).transactions,
      cpu: cpuMicroseconds(child.pid),
      queued: queuedMs(child.pid),
      endpointCpu: cpuMicroseconds(endpoint.child.pid),
      at: now(),
    });
    const before = await look();
    await delay(seconds * 1_000);
    const after = await look();
    const updates = after.transactions - before.transactions;
    if (updates === 0) throw new Error(`${name} took no updates: ${child.output}`);
    const elapsedMs = after.at - before.at;
    return {
      updatesPerSecond: (1_000 * updates) / elapsedMs,
      cpuMicrosecondsPerUpdate: (after.cpu - before.cpu) / updates,
      coresUsed: (after.cpu - before.cpu) / 1_000 / elapsedMs,
      queuedShare: (after.queued - before.queued) / elapsedMs,
      endpointCores: (after.endpointCpu - before.endpointCpu) / 1_000 / elapsedMs,
    };
  } finally {
    if (profile === undefined) await child.stop();
    else child.process.disconnect();
  }
}

async function warmUp(child: BenchChild): Promise<void> {
  for (const end = now() + longestWarmUpMs; now() < end; await delay(100)) {
    const { transactions } = await ask<ContestantReport>(child, {});
    if (transactions >= warmUpUpdates) return;
  }
}

function print(results: readonly StreamResult[]): void {
  const middle = ({ rounds }: StreamResult, key: keyof StreamRound) =>
    median(rounds.map(round => round[key]));
  const head = [
    'client',
    'ratio to vendor',
    'rounds',
    'updates/s',
    'CPU µs/update',
    'CPU ratio',
    'cores',
    'queued',
    'endpoint',
  ];
  const rows = results.map(result => [
    result.contestant,
    result.ratioToVendor.toFixed(2),
    `${result.lowestRatio.toFixed(2)} to ${result.highestRatio.toFixed(2)}`,
    Math.round(middle(result, 'updatesPerSecond')),
    middle(result, 'cpuMicrosecondsPerUpdate').toFixed(1),
    result.cpuRatio.toFixed(2),
    middle(result, 'coresUsed').toFixed(2),
    middle(result, 'queuedShare').toFixed(2),
    middle(result, 'endpointCores').toFixed(2),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
