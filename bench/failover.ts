import { setTimeout as delay } from 'node:timers/promises';
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
  /** Milliseconds from the fault to the last read that was sent to the provider, as far as the answers tell. */
  readonly lastSentMs: number;
  /** Reads that needed a second attempt, or had none that succeeded. */
  readonly retried: number;
  /** Reads that arrived at the provider after the fault, by its own count; undefined when it is dead. */
  readonly arrived: number | undefined;
  /** Milliseconds to the last of them; undefined when the process could not look at its clock. */
  readonly lastArrivedMs: number | undefined;
}

interface Fault {
  readonly name: string;
  readonly doc: string;
  readonly inject: (provider: FaultyProvider) => void;
  /** Whether the process runs afterwards, so that it sees when a request arrives. */
  readonly isObservable: boolean;
}

const retryAfterSeconds = 120;
const signalled = (name: string, doc: string, signal: NodeJS.Signals): Fault => ({
  name,
  doc,
  inject: provider => provider.child.signal(signal),
  isObservable: false,
});
const faulted = (
  name: string,
  doc: string,
  fault: string,
  options: Readonly<Record<string, string | number>> = {},
): Fault => ({
  name,
  doc,
  inject: provider => void provider.fault(fault, options),
  isObservable: true,
});

const faults: readonly Fault[] = [
  signalled('killed', 'SIGKILL: connections cut, new ones refused', 'SIGKILL'),
  signalled('stopped', 'SIGSTOP: the kernel accepts, nobody answers', 'SIGSTOP'),
  faulted('hanging', 'accepts requests and answers none', 'hang'),
  faulted('resetting', 'cuts each connection with a TCP RST before it answers', 'reset', {
    stage: 'request',
  }),
  faulted('http-500', 'answers HTTP 500', 'error', { status: 500 }),
  faulted('http-429', `answers HTTP 429, Retry-After ${retryAfterSeconds} s`, 'rate-limit', {
    retry_after: retryAfterSeconds,
  }),
];

const warmUpSeconds = 2;

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
    results.push(await measure(fault, options));
  }
  print(results);
  return results;
}

async function measure(
  fault: Fault,
  { rate = 500, requests = 10_000 }: FailoverOptions,
): Promise<FailoverResult> {
  await using children = new ChildProcesses();
  const ids = ['first', 'second', 'third'];
  const providers = await Promise.all(ids.map(id => FaultyProvider.start(children, id)));
  const first = providers[0]!;
  const trunkline = await TrunklineProcess.start(children, {
    providers: providers.map(({ port }, index) => ({
      id: ids[index]!,
      url: `http://127.0.0.1:${port}/`,
      priority: index + 1,
    })),
  });
  const load = { port: trunkline.port, path: '/rpc/bench', body: read, requestsPerSecond: rate };
  await openLoop({ ...load, count: warmUpSeconds * rate });
  const before = 2 * rate;
  let faultAt = Number.NaN;
  const samples = await openLoop({
    ...load,
    count: before + requests,
    onRequest: index => {
      if (index !== before) return;
      faultAt = now();
      fault.inject(first);
    },
  });
  const seen = first.child.hasEnded ? undefined : await lookAt(first, faultAt);
  return summarize(fault, samples.slice(0, before), samples.slice(before), faultAt, seen);
}

/** A stopped process reads what has piled up at its sockets once it goes on. */
async function lookAt(
  provider: FaultyProvider,
  since: number,
): Promise<{ reads: number; lastReadAt: number | undefined }> {
  provider.child.signal('SIGCONT');
  await delay(500);
  return await provider.report(since);
}

function summarize(
  fault: Fault,
  before: readonly OpenLoopSample[],
  during: readonly OpenLoopSample[],
  faultAt: number,
  seen: { readonly reads: number; readonly lastReadAt: number | undefined } | undefined,
): FailoverResult {
  const latencies = (some: readonly OpenLoopSample[]) => some.map(({ latencyMs }) => latencyMs);
  const failed = during.filter(({ failure }) => failure !== undefined);
  const touched = during.filter(
    ({ attempts, provider, failure }) => attempts !== 1 || provider === 'first' || failure !== undefined,
  );
  const lastTouched = touched.at(-1);
  const firstSecond = during.filter(({ dueAt }) => dueAt < faultAt + 1000);
  return {
    fault: fault.name,
    requests: during.length,
    failed: failed.length,
    failures: [...new Set(failed.map(({ failure }) => failure!))].slice(0, 5),
    p99BeforeMs: quantile(latencies(before), 0.99),
    p99DuringMs: quantile(latencies(during), 0.99),
    p99FirstSecondMs: quantile(latencies(firstSecond), 0.99),
    maxMs: quantile(latencies(during), 1),
    lastSentMs: lastTouched === undefined ? 0 : Math.max(0, lastTouched.dueAt - faultAt),
    retried: touched.length,
    arrived: seen?.reads,
    lastArrivedMs:
      !fault.isObservable || seen === undefined
        ? undefined
        : Math.max(0, (seen.lastReadAt ?? faultAt) - faultAt),
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
    'last sent ms',
    'retried',
    'arrived',
    'last arrived ms',
  ];
  const rows = results.map(result => [
    result.fault,
    `${result.failed}/${result.requests}`,
    result.p99BeforeMs.toFixed(1),
    result.p99DuringMs.toFixed(1),
    result.p99FirstSecondMs.toFixed(1),
    result.maxMs.toFixed(0),
    result.lastSentMs.toFixed(0),
    result.retried,
    result.arrived ?? '–',
    result.lastArrivedMs?.toFixed(0) ?? '–',
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
  for (const { fault, failures } of results)
    if (failures.length > 0) console.log(`  ${fault}: ${failures.join(' · ')}`);
}
