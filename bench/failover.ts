import { ArrivalTap } from './harness/arrival-tap.ts';
import { headNumber } from './harness/chain-stub.ts';
import { ChildProcesses } from './harness/child-processes.ts';
import { FaultyProvider } from './harness/faulty-provider.ts';
import { now } from './harness/now.ts';
import { type OpenLoopSample, openLoop } from './harness/open-loop.ts';
import { read } from './harness/read-call.ts';
import { quantile } from './harness/statistics.ts';
import { formatTable } from './harness/table.ts';
import { TrunklineProcess } from './harness/trunkline.ts';

/** Options of the failover benchmark. */
export interface FailoverOptions {
  /** Reads a second. @default 500 */
  readonly rate?: number;
  /** Reads from the fault on. @default 10000 */
  readonly requests?: number;
  /** One fault of the table. @default all of them */
  readonly only?: string;
}

/** How one fault went. */
export interface FailoverResult {
  readonly fault: string;
  readonly requests: number;
  readonly failed: number;
  /** Up to five reasons, each once. */
  readonly failures: readonly string[];
  readonly p99BeforeMs: number;
  /** From the fault to the end. */
  readonly p99DuringMs: number;
  /** The first second after the fault alone. */
  readonly p99FirstSecondMs: number;
  readonly maxMs: number;
  /** Share of the reads that the provider answered in the half second before; a run below 0.95 is repeated, and void the third time. */
  readonly servedBefore: number;
  /** Reads that reached the provider after the fault, counted there and not by Trunkline; 0 when it is dead. */
  readonly arrived: number;
  /** Milliseconds from the fault to the last of them; 0 when there was none. */
  readonly lastArrivedMs: number;
  /** Reads with more than one attempt. Hedges are among them, so it is a bound for those that met the fault. */
  readonly retried: number;
  /** Milliseconds from the fault to the last such read: no read met the fault later. */
  readonly lastRetriedMs: number;
}

interface Fault {
  readonly name: string;
  readonly doc: string;
  /** Resolves when the fault is there. */
  readonly inject: (provider: FaultyProvider) => Promise<void>;
  /** The process cannot count what arrives: a tap in front of it does. */
  readonly isTapped?: boolean;
}

const ids = ['first', 'second', 'third'];
const retryAfterSeconds = 120;
const faulted =
  (fault: string, options: Readonly<Record<string, string | number>>) => (provider: FaultyProvider) =>
    provider.fault(fault, options);

const faults: readonly Fault[] = [
  {
    name: 'killed',
    doc: 'SIGKILL: connections cut, new ones refused',
    inject: async provider => provider.child.signal('SIGKILL'),
  },
  {
    name: 'stopped',
    doc: 'SIGSTOP: connections and bytes are accepted, nobody answers',
    inject: async provider => provider.child.signal('SIGSTOP'),
    isTapped: true,
  },
  { name: 'hanging', doc: 'accepts requests and answers none', inject: faulted('hang', {}) },
  {
    name: 'resetting',
    doc: 'cuts each connection with a TCP RST when a request has come in',
    inject: faulted('reset', { stage: 'request' }),
  },
  { name: 'http-500', doc: 'answers HTTP 500', inject: faulted('error', { status: 500 }) },
  {
    name: 'http-429',
    doc: `answers HTTP 429, Retry-After ${retryAfterSeconds} s`,
    inject: faulted('rate-limit', { retry_after: retryAfterSeconds }),
  },
];

const warmUpSeconds = 2;
const minimumServed = 0.95;
const maxTries = 3;

/**
 * The first of three providers, which has all the traffic, fails in the middle of it. Each fault gets a Trunkline and
 * providers of its own, at their defaults.
 */
export async function run(options: FailoverOptions = {}): Promise<readonly FailoverResult[]> {
  const chosen = options.only === undefined ? faults : faults.filter(({ name }) => name === options.only);
  if (chosen.length === 0)
    throw new Error(`no fault ${options.only}; there are ${faults.map(({ name }) => name).join(', ')}`);
  const results: FailoverResult[] = [];
  for (const fault of chosen) {
    console.log(`  ${fault.name}: ${fault.doc}`);
    results.push(await measureValid(fault, options));
  }
  print(results);
  return results;
}

/** Repeats a run in which the provider that was to fail did not have the traffic: such a run says nothing. */
async function measureValid(fault: Fault, options: FailoverOptions): Promise<FailoverResult> {
  for (let tries = 1; ; tries++) {
    const result = await measure(fault, options);
    if (!isVoid(result) || tries === maxTries) return result;
    console.log(
      `    the provider answered only ${percent(result.servedBefore)} of the reads before the fault: once more`,
    );
  }
}

function isVoid({ servedBefore }: FailoverResult): boolean {
  return !(servedBefore >= minimumServed);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

async function measure(
  fault: Fault,
  { rate = 500, requests = 10_000 }: FailoverOptions,
): Promise<FailoverResult> {
  await using children = new ChildProcesses();
  // A head that stands still keeps all three fit for reads at `latest`; else the one polled last would take the traffic.
  const head = headNumber();
  const providers = await Promise.all(ids.map(id => FaultyProvider.start(children, id, head)));
  const first = providers[0]!;
  const tap = fault.isTapped === true ? new ArrivalTap(first.port) : undefined;
  const ports = providers.map(({ port }) => port);
  if (tap !== undefined) ports[0] = await tap.start();
  try {
    const trunkline = await TrunklineProcess.start(children, {
      providers: ports.map((port, index) => ({
        id: ids[index]!,
        url: `http://127.0.0.1:${port}/`,
        priority: index + 1,
      })),
    });
    const load = { port: trunkline.port, path: '/rpc/bench', body: read, requestsPerSecond: rate };
    await openLoop({ ...load, count: warmUpSeconds * rate });
    const before = 2 * rate;
    let faultAt: Promise<number> | undefined;
    const samples = await openLoop({
      ...load,
      count: before + requests,
      onRequest: index => {
        if (index === before) faultAt = fault.inject(first).then(now);
      },
    });
    const at = (await faultAt)!;
    const seen = tap?.report(at) ?? (first.child.hasEnded ? undefined : await first.report(at));
    return summarize(fault.name, samples.slice(0, before), samples.slice(before), at, seen);
  } finally {
    tap?.stop();
  }
}

function summarize(
  fault: string,
  before: readonly OpenLoopSample[],
  during: readonly OpenLoopSample[],
  faultAt: number,
  seen: { readonly reads: number; readonly lastReadAt: number | undefined } | undefined,
): FailoverResult {
  const latencies = (some: readonly OpenLoopSample[]) => some.map(({ latencyMs }) => latencyMs);
  const failed = during.filter(({ failure }) => failure !== undefined);
  const retried = during.filter(({ attempts }) => attempts !== 1);
  const justBefore = before.filter(({ dueAt }) => dueAt > faultAt - 500);
  return {
    fault,
    requests: during.length,
    failed: failed.length,
    failures: [...new Set(failed.map(({ failure }) => failure!))].slice(0, 5),
    p99BeforeMs: quantile(latencies(before), 0.99),
    p99DuringMs: quantile(latencies(during), 0.99),
    p99FirstSecondMs: quantile(latencies(during.filter(({ dueAt }) => dueAt < faultAt + 1000)), 0.99),
    maxMs: quantile(latencies(during), 1),
    servedBefore: justBefore.filter(({ provider }) => provider === ids[0]).length / justBefore.length,
    arrived: seen?.reads ?? 0,
    lastArrivedMs: Math.max(0, (seen?.lastReadAt ?? faultAt) - faultAt),
    retried: retried.length,
    lastRetriedMs: Math.max(0, (retried.at(-1)?.dueAt ?? faultAt) - faultAt),
  };
}

function print(results: readonly FailoverResult[]): void {
  const head = [
    'fault',
    'failed',
    'p99 before',
    'p99 during',
    'p99 1st second',
    'max ms',
    'arrived',
    'last arrived ms',
    'retried',
    'last retried ms',
    'served before',
  ];
  const rows = results.map(result => [
    result.fault,
    `${result.failed}/${result.requests}`,
    result.p99BeforeMs.toFixed(1),
    result.p99DuringMs.toFixed(1),
    result.p99FirstSecondMs.toFixed(1),
    result.maxMs.toFixed(0),
    result.arrived,
    result.lastArrivedMs.toFixed(0),
    result.retried,
    result.lastRetriedMs.toFixed(0),
    isVoid(result) ? `${percent(result.servedBefore)}: void` : percent(result.servedBefore),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
  for (const { fault, failures } of results)
    if (failures.length > 0) console.log(`  ${fault}: ${failures.join(' · ')}`);
}
