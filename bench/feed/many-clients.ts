import { setTimeout as delay } from 'node:timers/promises';
import { ChildProcesses } from '../harness/child-processes.ts';
import { ClientFleet } from '../harness/client-fleet.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { type NodeTarget, openFleet } from '../harness/feed-target.ts';
import type { MemoryUse } from '../harness/memory.ts';
import { now } from '../harness/now.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { feedRequest, startSendLoop, startTrunklineFeed } from './targets.ts';

/** Options of the many clients. */
export interface ManyClientsOptions {
  /** Connections of each target. @default 5000 */
  readonly connections?: number;
  /** Rounds; each measures every target at every rate. @default 3 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Subscriptions on topics of their own, over all connections. @default 50000 */
  readonly streams?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
}

/** One burst at a fixed rate. */
export interface DeliveryRound {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly coresUsed: number;
  /** Share of what was due in the burst that had come by its end; far below 1, the target did not keep up. */
  readonly inTime: number;
}

/** One target at one rate. */
export interface DeliveryResult {
  readonly target: string;
  readonly eventsPerSecond: number;
  readonly rounds: readonly DeliveryRound[];
}

/** What one more of something costs a server, in bytes. */
export interface MemoryResult {
  readonly target: string;
  readonly what: 'connection' | 'stream';
  readonly count: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** What the many clients found. */
export interface ManyClientsResult {
  readonly delivery: readonly DeliveryResult[];
  readonly memory: readonly MemoryResult[];
}

interface Contestant {
  readonly target: NodeTarget;
  readonly fleet: ClientFleet;
}

const eventBytes = 500;
/** One write for each client takes 5 µs or more: to 5,000 clients, 10 events/s fill a quarter of a core, 50 need all of one. */
const rates = [10, 50];
const clientProcesses = 2;
const settleMs = 1_000;
const lateMs = 60_000;
const pollMs = 100;

/** Five thousand clients that all get every event at a fixed rate, and what they cost while they are idle. */
export async function manyClients(options: ManyClientsOptions = {}): Promise<ManyClientsResult> {
  const { connections = 5_000, streams = 50_000, referenceOnly } = options;
  const starts = [
    ...(referenceOnly === true
      ? []
      : [(children: ChildProcesses) => startTrunklineFeed(children, { store: 'memory' })]),
    startSendLoop,
  ];
  const memory: MemoryResult[] = [];
  for (const start of starts) memory.push(...(await idleMemory(start, connections, streams)));
  const delivery = await deliveries(starts, options);
  print({ delivery, memory }, connections);
  return { delivery, memory };
}

type Start = (children: ChildProcesses) => Promise<NodeTarget>;

/** Of a server that has done nothing else: memory that a burst has left free would be filled first, and not be seen. */
async function idleMemory(start: Start, connections: number, streams: number): Promise<MemoryResult[]> {
  await using children = new ChildProcesses();
  const target = await start(children);
  // What the first connections load and compile is not theirs.
  await (await openFleet(children, target, 200)).close();
  const before = await settled(target);
  const { protocol, port, path, name } = target;
  const fleet = await ClientFleet.open(children, {
    protocol,
    port,
    path,
    clients: connections,
    processes: clientProcesses,
  });
  const connected = await settled(target);
  console.log(`  ${name}: ${connections} connections`);
  const results: MemoryResult[] = [
    { target: name, what: 'connection', count: connections, ...each(before, connected, connections) },
  ];
  if (target.path === '/') return results;
  const perConnection = Math.max(1, Math.round(streams / connections));
  await fleet.ask(feedRequest(['system.idle{n}']), perConnection);
  const count = perConnection * connections;
  console.log(`  ${name}: ${count} streams`);
  return [
    ...results,
    { target: name, what: 'stream', count, ...each(connected, await settled(target), count) },
  ];
}

async function deliveries(
  starts: readonly Start[],
  { connections = 5_000, rounds = 3, seconds = 4 }: ManyClientsOptions,
): Promise<DeliveryResult[]> {
  await using children = new ChildProcesses();
  const contestants: Contestant[] = [];
  for (const start of starts) {
    const target = await start(children);
    contestants.push({ target, fleet: await openFleet(children, target, connections, clientProcesses) });
  }
  const taken = new Map<string, DeliveryRound[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const rate of rates) {
      for (const contestant of contestants) {
        const result = await burst(contestant, rate, seconds);
        const key = `${contestant.target.name} ${rate}`;
        taken.set(key, [...(taken.get(key) ?? []), result]);
        console.log(
          `  round ${round}/${rounds}  ${rate} events/s, ${contestant.target.name}: p99 ${result.p99Ms.toFixed(1)} ms`,
        );
      }
    }
  }
  return rates.flatMap(rate =>
    contestants.map(({ target: { name } }) => ({
      target: name,
      eventsPerSecond: rate,
      rounds: taken.get(`${name} ${rate}`)!,
    })),
  );
}

async function burst({ target, fleet }: Contestant, rate: number, seconds: number): Promise<DeliveryRound> {
  await fleet.count(0, true);
  const [cpuBefore, startedAt] = [cpuMicroseconds(target.child.pid), now()];
  target.command({ kind: 'pace', perSecond: rate, bytes: eventBytes });
  await delay(seconds * 1_000);
  const elapsedMs = now() - startedAt;
  const cpu = cpuMicroseconds(target.child.pid) - cpuBefore;
  const inTime = (await fleet.report()).events / ((rate * elapsedMs * fleet.clients) / 1_000);
  await untilAllCame(fleet, await target.stop());
  const report = await fleet.report();
  if (report.failures.length > 0) throw new Error(`${target.name}: ${report.failures.join(', ')}`);
  return {
    p50Ms: report.latency.quantile(0.5),
    p99Ms: report.latency.quantile(0.99),
    maxMs: report.latency.quantile(1),
    coresUsed: cpu / 1_000 / elapsedMs,
    inTime: Math.min(1, inTime),
  };
}

/** What is still on its way must not reach into the next burst. @throws Error when it does not come */
async function untilAllCame(fleet: ClientFleet, sent: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < lateMs; waitedMs += pollMs) {
    if ((await fleet.report()).fewest >= sent) return;
    await delay(pollMs);
  }
  throw new Error(`events did not come within ${lateMs / 1_000} seconds`);
}

/** The memory once what is on its way has settled. */
async function settled(target: NodeTarget): Promise<MemoryUse> {
  await target.memory();
  await delay(settleMs);
  return target.memory();
}

function each(before: MemoryUse, after: MemoryUse, count: number): MemoryUse {
  return {
    residentBytes: (after.residentBytes - before.residentBytes) / count,
    heapBytes: (after.heapBytes - before.heapBytes) / count,
  };
}

function print({ delivery, memory }: ManyClientsResult, connections: number): void {
  const middle = ({ rounds }: DeliveryResult, key: keyof DeliveryRound) =>
    median(rounds.map(round => round[key]));
  const head = [
    `events/s, each to ${connections} clients`,
    'target',
    'p50 ms',
    'p99 ms',
    'max ms',
    'cores used',
    'came in time',
  ];
  const rows = delivery.map(result => [
    result.eventsPerSecond,
    result.target,
    middle(result, 'p50Ms').toFixed(1),
    middle(result, 'p99Ms').toFixed(1),
    middle(result, 'maxMs').toFixed(1),
    middle(result, 'coresUsed').toFixed(2),
    `${(100 * middle(result, 'inTime')).toFixed(1)} %`,
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
  const costs = memory.map(({ target, what, count, residentBytes, heapBytes }) => [
    `idle ${what}`,
    target,
    count,
    Math.round(residentBytes),
    Math.round(heapBytes),
  ]);
  console.log(`${formatTable(['bytes of an', 'target', 'of', 'RSS', 'heap'], costs)}\n`);
}
