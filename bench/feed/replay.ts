import { type BenchChild, ChildProcesses } from '../harness/child-processes.ts';
import { ClientFleet } from '../harness/client-fleet.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { NodeTarget } from '../harness/feed-target.ts';
import { JetStream } from '../harness/jet-stream.ts';
import { now } from '../harness/now.ts';
import { requirePrograms } from '../harness/programs.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { benchTopic, feedRequest, startTrunklineFeed } from './targets.ts';

/** Options of the replay. */
export interface ReplayOptions {
  /** Rounds; each measures every target once with one client and once with ten. @default 3 */
  readonly rounds?: number;
  /** Events of the history. @default 200000 */
  readonly events?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
  /** Folder for CPU profiles of Trunkline. @default no profile */
  readonly profile?: string;
}

/** One replay of the whole history. */
export interface ReplayRound {
  /** Over all clients. */
  readonly eventsPerSecond: number;
  readonly cpuMicrosecondsPerEvent: number;
  readonly coresUsed: number;
  /** Events that a client did not get, or got twice. */
  readonly wrong: number;
}

/** One target with so many clients at once. */
export interface ReplayResult {
  readonly target: string;
  readonly clients: number;
  readonly rounds: readonly ReplayRound[];
  /** Median over the rounds of the rate divided by that of the file in the same round. */
  readonly ratioToFile: number;
}

interface Target {
  readonly name: string;
  readonly child: BenchChild;
  open(clients: number): Promise<ClientFleet>;
  /** Makes all of them read from the beginning. */
  begin(fleet: ClientFleet): Promise<void>;
}

const eventBytes = 500;
const clientCounts = [1, 10];
const longestMs = 120_000;
const fileName = 'file, ws.send';

/** A history of events read from the beginning, by one client and by ten at once. */
export async function replay(options: ReplayOptions = {}): Promise<readonly ReplayResult[]> {
  requirePrograms('nats-server');
  const { rounds = 3, events = 200_000, referenceOnly, profile } = options;
  await using children = new ChildProcesses();
  const targets: Target[] = [await fileTarget(children, events), await jetStreamTarget(children, events)];
  if (referenceOnly !== true) targets.unshift(await trunklineTarget(children, events, profile));
  const taken = new Map<string, ReplayRound[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const clients of clientCounts) {
      for (const target of targets) {
        const result = await measure(target, clients, events);
        const key = `${target.name} ${clients}`;
        taken.set(key, [...(taken.get(key) ?? []), result]);
        console.log(
          `  round ${round}/${rounds}  ${clients} at once, ${target.name}: ${Math.round(result.eventsPerSecond)} events/s`,
        );
      }
    }
  }
  const results = clientCounts.flatMap(clients =>
    targets.map(({ name }): ReplayResult => {
      const own = taken.get(`${name} ${clients}`)!;
      const file = taken.get(`${fileName} ${clients}`)!;
      const ratios = own.map((round, at) => round.eventsPerSecond / file[at]!.eventsPerSecond);
      return { target: name, clients, rounds: own, ratioToFile: median(ratios) };
    }),
  );
  print(results, events);
  return results;
}

async function trunklineTarget(
  children: ChildProcesses,
  events: number,
  profile: string | undefined,
): Promise<Target> {
  const target = await startTrunklineFeed(children, { store: 'durable', profile });
  return filledTarget(children, target, events, feedRequest([benchTopic], 'earliest'));
}

async function fileTarget(children: ChildProcesses, events: number): Promise<Target> {
  const target = await NodeTarget.start(children, fileName, {
    script: 'file-replay',
    args: [children.makeFolder()],
    path: '/',
    subscribe: feedRequest([]),
  });
  return filledTarget(children, target, events, target.subscribe);
}

async function filledTarget(
  children: ChildProcesses,
  target: NodeTarget,
  events: number,
  request: string,
): Promise<Target> {
  await target.fill(events, eventBytes);
  console.log(`  ${target.name}: ${events} events`);
  return {
    name: target.name,
    child: target.child,
    open: clients =>
      ClientFleet.open(children, { protocol: 'websocket', port: target.port, path: target.path, clients }),
    begin: fleet => fleet.ask(request),
  };
}

async function jetStreamTarget(children: ChildProcesses, events: number): Promise<Target> {
  const jetStream = await JetStream.start(children);
  await jetStream.fill(events, eventBytes);
  console.log(`  JetStream: ${events} events`);
  let replays = 0;
  let prefix = '';
  return {
    name: 'JetStream',
    child: jetStream.child,
    open: clients => {
      prefix = `replay.${++replays}`;
      const { port } = jetStream;
      return ClientFleet.open(children, { protocol: 'nats', port, path: `${prefix}.{n}`, clients });
    },
    begin: async ({ clients }) => {
      for (let client = 1; client <= clients; client++) await jetStream.replay(`${prefix}.${client}`);
    },
  };
}

async function measure(target: Target, clients: number, events: number): Promise<ReplayRound> {
  const fleet = await target.open(clients);
  try {
    const complete = new Promise<void>(resolve => {
      fleet.onProgress = () => resolve();
    });
    await fleet.count(events);
    const [cpuBefore, startedAt] = [cpuMicroseconds(target.child.pid), now()];
    await target.begin(fleet);
    const timer = setTimeout(() => fleet.onProgress(0), longestMs);
    await complete;
    clearTimeout(timer);
    const cpu = cpuMicroseconds(target.child.pid) - cpuBefore;
    const report = await fleet.report();
    if (report.failures.length > 0) throw new Error(`${target.name}: ${report.failures.join(', ')}`);
    const elapsedMs = report.lastAt - startedAt;
    return {
      eventsPerSecond: report.events / (elapsedMs / 1_000),
      cpuMicrosecondsPerEvent: cpu / report.events,
      coresUsed: cpu / 1_000 / elapsedMs,
      wrong: (events - report.fewest + (report.most - events)) * clients,
    };
  } finally {
    await fleet.close();
  }
}

function print(results: readonly ReplayResult[], events: number): void {
  const middle = ({ rounds }: ReplayResult, key: keyof ReplayRound) =>
    median(rounds.map(round => round[key]));
  const head = [
    `clients at once, ${events} events each`,
    'target',
    'ratio to file',
    'events/s',
    'CPU µs/event',
    'cores used',
    'wrong',
  ];
  const rows = results.map(result => [
    result.clients,
    result.target,
    result.ratioToFile.toFixed(2),
    Math.round(middle(result, 'eventsPerSecond')),
    middle(result, 'cpuMicrosecondsPerEvent').toFixed(2),
    middle(result, 'coresUsed').toFixed(2),
    result.rounds.reduce((sum, { wrong }) => sum + wrong, 0),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
