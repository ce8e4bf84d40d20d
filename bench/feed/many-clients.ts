import { setTimeout as delay } from 'node:timers/promises';
import { ChildProcesses } from '../harness/child-processes.ts';
import type { ClientFleet } from '../harness/client-fleet.ts';
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
  /** Share of what was due that had come a second after the end; below 1, the target did not keep up. */
  readonly delivered: number;
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
const overtimeMs = 1_000;

/** Five thousand clients that all get every event at a fixed rate, and what they cost while they are idle. */
export async function manyClients(options: ManyClientsOptions = {}): Promise<ManyClientsResult> {
  const { connections = 5_000, rounds = 3, seconds = 4, streams = 50_000, referenceOnly } = options;
  await using children = new ChildProcesses();
  const memory: MemoryResult[] = [];
  const contestants: Contestant[] = [];
  const starts = [
    ...(referenceOnly === true ? [] : [() => startTrunklineFeed(children, { store: 'memory' })]),
    () => startSendLoop(children),
  ];
  for (const start of starts) {
    const target = await start();
    // What the first connections load and compile is not theirs.
    await (await openFleet(children, target, 200)).close();
    const before = await settled(target);
    const fleet = await openFleet(children, target, connections, clientProcesses);
    memory.push({
      target: target.name,
      what: 'connection',
      count: connections,
      ...each(before, await settled(target), connections),
    });
    contestants.push({ target, fleet });
    console.log(`  ${target.name}: ${connections} connections`);
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
  const [trunkline] = contestants;
  if (referenceOnly !== true && trunkline !== undefined)
    memory.push(await streamMemory(trunkline, connections, streams));
  const delivery = rates.flatMap(rate =>
    contestants.map(({ target: { name } }) => ({
      target: name,
      eventsPerSecond: rate,
      rounds: taken.get(`${name} ${rate}`)!,
    })),
  );
  print({ delivery, memory }, connections);
  return { delivery, memory };
}

async function burst({ target, fleet }: Contestant, rate: number, seconds: number): Promise<DeliveryRound> {
  await fleet.count(0, true);
  const [cpuBefore, startedAt] = [cpuMicroseconds(target.child.pid), now()];
  target.command({ kind: 'pace', perSecond: rate, bytes: eventBytes });
  await delay(seconds * 1_000);
  const sent = await target.stop();
  const elapsedMs = now() - startedAt;
  const cpu = cpuMicroseconds(target.child.pid) - cpuBefore;
  await delay(overtimeMs);
  const report = await fleet.report();
  if (report.failures.length > 0) throw new Error(`${target.name}: ${report.failures.join(', ')}`);
  await untilAllCame(fleet, sent);
  return {
    p50Ms: report.latency.quantile(0.5),
    p99Ms: report.latency.quantile(0.99),
    maxMs: report.latency.quantile(1),
    coresUsed: cpu / 1_000 / elapsedMs,
    delivered: report.events / (sent * fleet.clients),
  };
}

/** What is still on its way must not reach into the next burst. @throws Error when it does not come */
async function untilAllCame(fleet: ClientFleet, sent: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await fleet.report()).fewest >= sent) return;
    await delay(100);
  }
  throw new Error('events did not come within 20 seconds');
}

/** What subscriptions cost that nothing is ever published for, each on a topic of its own. */
async function streamMemory(
  { target, fleet }: Contestant,
  connections: number,
  streams: number,
): Promise<MemoryResult> {
  const perConnection = Math.max(1, Math.round(streams / connections));
  const before = await settled(target);
  await fleet.ask(feedRequest(['system.idle{n}']), perConnection);
  const count = perConnection * connections;
  return { target: target.name, what: 'stream', count, ...each(before, await settled(target), count) };
}

/** The memory once what a burst left behind is gone. */
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
    `${(100 * middle(result, 'delivered')).toFixed(1)} %`,
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
