import { setTimeout as delay } from 'node:timers/promises';
import { type BenchChild, ChildProcesses } from '../harness/child-processes.ts';
import { ClientFleet } from '../harness/client-fleet.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { EventFlood, eventFrame, floodProviders } from '../harness/event-flood.ts';
import { now } from '../harness/now.ts';
import { startReference } from '../harness/reference.ts';
import { logAddress } from '../harness/simulated-chain.ts';
import { stamp } from '../harness/stamp.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { TrunklineProcess } from '../harness/trunkline.ts';
import { feedRequest } from './targets.ts';

/** Options of the way from the provider's socket to the client's. */
export interface EndToEndOptions {
  /** Rounds; each measures every target with every kind of event once. @default 3 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Events a second, each from all three providers. @default 10000 */
  readonly rate?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
}

/** One burst. */
export interface EndToEndRound {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicrosecondsPerEvent: number;
  readonly coresUsed: number;
  /** Events sent that had not come two seconds after the last one. */
  readonly missing: number;
}

/** One kind of event through one target. */
export interface EndToEndResult {
  readonly target: string;
  readonly events: string;
  readonly rounds: readonly EndToEndRound[];
  /** Medians over the rounds of the difference to the bare relay in the same round, milliseconds. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

interface Kind {
  readonly name: string;
  readonly topics: readonly string[];
  /** What a client of a node subscribes to for the same. */
  readonly params: readonly (readonly unknown[])[];
  /** Sends the events that are due; returns how many. */
  send(flood: EventFlood, due: number): number;
}

interface Target {
  readonly name: string;
  readonly child: BenchChild;
  readonly flood: EventFlood;
  /** A client that follows the kind, alone. */
  open(kind: Kind): Promise<ClientFleet>;
}

const providerCount = 3;
/** Of one block, beside its head: at 10,000 events/s there are 20 such blocks a second. */
const logsPerBlock = 499;
const tickMs = 1;
const warmUpMs = 1_000;
const lateMs = 2_000;
const settledMs = 300;

let nextPending = 1;
const kinds: readonly Kind[] = [
  {
    name: 'pending transactions',
    topics: ['bench.pending'],
    params: [['newPendingTransactions']],
    send(flood, due) {
      if (due === 0) return 0;
      const stamped = stamp();
      let frames = '';
      for (let count = 0; count < due; count++) {
        const hash = stamped + (nextPending++).toString(16).padStart(66 - stamped.length, '0');
        frames += eventFrame('newPendingTransactions', `"${hash}"`);
      }
      flood.send('newPendingTransactions', frames);
      return due;
    },
  },
  {
    name: `heads and logs, ${logsPerBlock} a block`,
    topics: ['bench.heads', `bench.logs.${logAddress}.*`],
    params: [['newHeads'], ['logs', { address: logAddress }]],
    send(flood, due) {
      if (due < 1 + logsPerBlock) return 0;
      const block = flood.chain.mine(logsPerBlock);
      flood.send('newHeads', eventFrame('newHeads', flood.chain.header(block)));
      let frames = '';
      for (const log of flood.chain.logs(block)) frames += eventFrame('logs', log);
      flood.send('logs', frames);
      return 1 + logsPerBlock;
    },
  },
];

/** From the moment a provider writes an event to its socket until a client has it from its own. */
export async function endToEnd(options: EndToEndOptions = {}): Promise<readonly EndToEndResult[]> {
  const { rounds = 3, seconds = 4, rate = 10_000, referenceOnly } = options;
  await using children = new ChildProcesses();
  const floods: EventFlood[] = [];
  const startProviders = async () => {
    const flood = new EventFlood();
    floods.push(flood);
    return { flood, ports: await flood.start(providerCount) };
  };
  try {
    const targets = [await startRelay(children, await startProviders())];
    if (referenceOnly !== true) {
      targets.push(await startTrunkline(children, 'trunkline, memory', await startProviders(), {}));
      const storage = { directory: children.makeFolder() };
      targets.push(await startTrunkline(children, 'trunkline, durable', await startProviders(), { storage }));
    }
    const taken = new Map<string, EndToEndRound[]>();
    for (let round = 1; round <= rounds; round++) {
      for (const kind of kinds) {
        for (const target of targets) {
          const result = await burst(target, kind, rate, seconds);
          const key = `${target.name} ${kind.name}`;
          taken.set(key, [...(taken.get(key) ?? []), result]);
          console.log(
            `  round ${round}/${rounds}  ${kind.name}, ${target.name}: p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms`,
          );
        }
      }
    }
    const results = kinds.flatMap(kind =>
      targets.map(({ name }) => summarize(taken, name, targets[0]!.name, kind.name)),
    );
    print(results, rate);
    return results;
  } finally {
    for (const flood of floods) flood.stop();
  }
}

interface Providers {
  readonly flood: EventFlood;
  readonly ports: readonly number[];
}

async function startRelay(children: ChildProcesses, { flood, ports }: Providers): Promise<Target> {
  const { port, child } = await startReference(children, 'socket-relay', ports);
  const open = async ({ params }: Kind) => {
    const fleet = await ClientFleet.open(children, { protocol: 'websocket', port, path: '/', clients: 1 });
    for (const each of params)
      await fleet.ask(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: each }));
    return fleet;
  };
  return { name: 'bare relay', child, flood, open };
}

async function startTrunkline(
  children: ChildProcesses,
  name: string,
  { flood, ports }: Providers,
  sections: Readonly<Record<string, unknown>>,
): Promise<Target> {
  const { port, child } = await TrunklineProcess.start(children, {
    providers: floodProviders(ports),
    chain: { aggregation: { width: providerCount } },
    sections,
  });
  const open = async ({ topics }: Kind) => {
    const fleet = await ClientFleet.open(children, {
      protocol: 'websocket',
      port,
      path: '/feed',
      clients: 1,
    });
    await fleet.ask(feedRequest(topics));
    return fleet;
  };
  return { name, child, flood, open };
}

async function burst(target: Target, kind: Kind, rate: number, seconds: number): Promise<EndToEndRound> {
  const fleet = await target.open(kind);
  try {
    await delay(settledMs);
    await send(target.flood, kind, rate, warmUpMs);
    await delay(settledMs);
    await fleet.count(0, true);
    const [cpuBefore, startedAt] = [cpuMicroseconds(target.child.pid), now()];
    const sent = await send(target.flood, kind, rate, seconds * 1_000);
    const elapsedMs = now() - startedAt;
    const cpu = cpuMicroseconds(target.child.pid) - cpuBefore;
    const report = await arrived(fleet, sent);
    if (report.failures.length > 0)
      throw new Error(`${target.name}: ${report.failures.join(', ')}\n${target.child.output}`);
    return {
      p50Ms: report.latency.quantile(0.5),
      p99Ms: report.latency.quantile(0.99),
      cpuMicrosecondsPerEvent: cpu / sent,
      coresUsed: cpu / 1_000 / elapsedMs,
      missing: sent - report.events,
    };
  } finally {
    await fleet.close();
  }
}

/** Sends at a fixed rate, whatever becomes of it; resolves, with the number of events, when the last one is out and read. */
async function send(flood: EventFlood, kind: Kind, rate: number, durationMs: number): Promise<number> {
  const startedAt = now();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = now() - startedAt) {
    sent += kind.send(flood, Math.floor((elapsedMs * rate) / 1_000) - sent);
    await delay(tickMs);
  }
  for (let waitedMs = 0; flood.unread > 0 && waitedMs < lateMs; waitedMs += 10) await delay(10);
  return sent;
}

async function arrived(fleet: ClientFleet, sent: number) {
  let report = await fleet.report();
  for (let waitedMs = 0; report.events < sent && waitedMs < lateMs; waitedMs += 100) {
    await delay(100);
    report = await fleet.report();
  }
  return report;
}

function summarize(
  taken: ReadonlyMap<string, readonly EndToEndRound[]>,
  target: string,
  reference: string,
  events: string,
): EndToEndResult {
  const rounds = taken.get(`${target} ${events}`)!;
  const others = taken.get(`${reference} ${events}`)!;
  const added = (key: 'p50Ms' | 'p99Ms') => median(rounds.map((own, at) => own[key] - others[at]![key]));
  return { target, events, rounds, addedP50Ms: added('p50Ms'), addedP99Ms: added('p99Ms') };
}

function print(results: readonly EndToEndResult[], rate: number): void {
  const middle = ({ rounds }: EndToEndResult, key: keyof EndToEndRound) =>
    median(rounds.map(round => round[key]));
  const head = [
    `${rate} events/s`,
    'target',
    'p50 ms',
    'p99 ms',
    'added p50',
    'added p99',
    'CPU µs/event',
    'cores used',
    'missing',
  ];
  const rows = results.map(result => [
    result.events,
    result.target,
    middle(result, 'p50Ms').toFixed(2),
    middle(result, 'p99Ms').toFixed(2),
    result.addedP50Ms.toFixed(2),
    result.addedP99Ms.toFixed(2),
    middle(result, 'cpuMicrosecondsPerEvent').toFixed(1),
    middle(result, 'coresUsed').toFixed(2),
    result.rounds.reduce((sum, { missing }) => sum + missing, 0),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
