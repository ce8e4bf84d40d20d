import { setTimeout as delay } from 'node:timers/promises';
import { ChildProcesses } from '../harness/child-processes.ts';
import type { ClientFleet } from '../harness/client-fleet.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { type FeedTarget, openFleet } from '../harness/feed-target.ts';
import { NatsTarget } from '../harness/nats-target.ts';
import { now } from '../harness/now.ts';
import { requirePrograms } from '../harness/programs.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { startSendLoop, startTrunklineFeed } from './targets.ts';

/** Options of the fan-out. */
export interface FanOutOptions {
  /** Rounds; each measures every target at 1 and at 8 events a tick. @default 5 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Clients of each target. @default 1000 */
  readonly clients?: number;
  /** Processes that the clients of a target are spread over. @default 1 */
  readonly processes?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
  /** Folder for CPU profiles of Trunkline. @default no profile */
  readonly profile?: string;
}

/** One burst. */
export interface FanOutRound {
  readonly deliveriesPerSecond: number;
  readonly cpuMicrosecondsPerDelivery: number;
  /** Cores that the server kept busy. */
  readonly coresUsed: number;
  /** Bytes of one delivery as it came, with all that is around the event. */
  readonly bytes: number;
  /** Deliveries that did not come, or came twice. */
  readonly wrong: number;
}

/** One target at one number of events a tick. */
export interface FanOutResult {
  readonly target: string;
  readonly perTick: number;
  readonly rounds: readonly FanOutRound[];
  /** Medians over the rounds of the rate divided by that of the reference in the same round. */
  readonly ratioToNats: number;
  readonly ratioToSendLoop: number;
}

interface Contestant {
  readonly target: FeedTarget;
  readonly fleet: ClientFleet;
}

const eventBytes = 500;
const ticks = [1, 8];
/** Events on their way to a client at most: about 40 KiB a socket, which the kernel holds without blocking anybody. */
const window = 64;
const warmUpMs = 500;
const stallMs = 3_000;

/** Every event to every one of a thousand clients, as fast as they take them. */
export async function fanOut(options: FanOutOptions): Promise<readonly FanOutResult[]> {
  requirePrograms('nats-server');
  const { rounds = 5, seconds = 4, clients = 1_000, processes = 1, referenceOnly, profile } = options;
  await using children = new ChildProcesses();
  const targets: FeedTarget[] = [];
  if (referenceOnly !== true) {
    targets.push(await startTrunklineFeed(children, { store: 'memory', profile }));
    targets.push(await startTrunklineFeed(children, { store: 'durable', profile }));
  }
  targets.push(await startSendLoop(children), await NatsTarget.start(children));
  const contestants: Contestant[] = [];
  for (const target of targets)
    contestants.push({ target, fleet: await openFleet(children, target, clients, processes) });
  const taken = new Map<string, FanOutRound[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const perTick of ticks) {
      for (const contestant of contestants) {
        const result = await burst(contestant, perTick, round === 0 ? 1 : seconds);
        if (round === 0) continue;
        const key = `${contestant.target.name} ${perTick}`;
        taken.set(key, [...(taken.get(key) ?? []), result]);
        console.log(
          `  round ${round}/${rounds}  ${perTick} a tick, ${contestant.target.name}: ${Math.round(result.deliveriesPerSecond)} deliveries/s`,
        );
      }
    }
  }
  const results = ticks.flatMap(perTick => targets.map(({ name }) => summarize(taken, name, perTick)));
  print(results, clients);
  return results;
}

async function burst({ target, fleet }: Contestant, perTick: number, seconds: number): Promise<FanOutRound> {
  let received = 0;
  fleet.onProgress = events => {
    received = events;
    target.command({ kind: 'acknowledge', events });
  };
  await fleet.count(perTick);
  target.command({ kind: 'flood', perTick, window, bytes: eventBytes });
  await delay(warmUpMs);
  const [cpuBefore, before, startedAt] = [cpuMicroseconds(target.child.pid), received, now()];
  await delay(seconds * 1_000);
  const [cpu, deliveries] = [
    cpuMicroseconds(target.child.pid) - cpuBefore,
    (received - before) * fleet.clients,
  ];
  const elapsedMs = now() - startedAt;
  const sent = await target.stop();
  const report = await drained(fleet, sent);
  if (report.failures.length > 0) throw new Error(`${target.name}: ${report.failures.join(', ')}`);
  return {
    deliveriesPerSecond: deliveries / (elapsedMs / 1_000),
    cpuMicrosecondsPerDelivery: cpu / deliveries,
    coresUsed: cpu / 1_000 / elapsedMs,
    bytes: report.bytes / report.events,
    wrong: (sent - report.fewest + Math.max(0, report.most - sent)) * fleet.clients,
  };
}

/** Ends when each client has what was sent, or nothing has come for three seconds. */
async function drained(fleet: ClientFleet, sent: number) {
  let report = await fleet.report();
  for (let quietSince = now(); report.fewest < sent && now() - quietSince < stallMs; ) {
    await delay(100);
    const next = await fleet.report();
    if (next.events > report.events) quietSince = now();
    report = next;
  }
  return report;
}

function summarize(
  taken: ReadonlyMap<string, readonly FanOutRound[]>,
  target: string,
  perTick: number,
): FanOutResult {
  const rounds = taken.get(`${target} ${perTick}`)!;
  const ratioTo = (reference: string) => {
    const other = taken.get(`${reference} ${perTick}`)!;
    return median(rounds.map((own, at) => own.deliveriesPerSecond / other[at]!.deliveriesPerSecond));
  };
  return {
    target,
    perTick,
    rounds,
    ratioToNats: ratioTo('nats-server'),
    ratioToSendLoop: ratioTo('ws.send loop'),
  };
}

function print(results: readonly FanOutResult[], clients: number): void {
  const middle = ({ rounds }: FanOutResult, key: keyof FanOutRound) =>
    median(rounds.map(round => round[key]));
  const head = [
    `events a tick, to ${clients} clients`,
    'target',
    'ratio to nats',
    'ratio to ws.send',
    'deliveries/s',
    'CPU µs/delivery',
    'cores used',
    'bytes',
    'wrong',
  ];
  const rows = results.map(result => [
    result.perTick,
    result.target,
    result.ratioToNats.toFixed(2),
    result.ratioToSendLoop.toFixed(2),
    Math.round(middle(result, 'deliveriesPerSecond')),
    middle(result, 'cpuMicrosecondsPerDelivery').toFixed(2),
    middle(result, 'coresUsed').toFixed(2),
    Math.round(middle(result, 'bytes')),
    result.rounds.reduce((sum, { wrong }) => sum + wrong, 0),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
