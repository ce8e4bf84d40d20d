import { availableParallelism } from 'node:os';
import { ChainStub } from './harness/chain-stub.ts';
import { type BenchChild, ChildProcesses } from './harness/child-processes.ts';
import { readProfile, type Span } from './harness/cpu-profile.ts';
import { cpuMicroseconds } from './harness/cpu-time.ts';
import { Nginx } from './harness/nginx.ts';
import { now } from './harness/now.ts';
import { requirePrograms } from './harness/programs.ts';
import { read, readAnswer, readMethod } from './harness/read-call.ts';
import { startReference } from './harness/reference.ts';
import { median } from './harness/statistics.ts';
import { formatTable } from './harness/table.ts';
import { TrunklineProcess } from './harness/trunkline.ts';
import { wrk } from './harness/wrk.ts';

/** Options of the gateway benchmark. */
export interface GatewayOptions {
  /** Rounds; each measures every target once. @default 5 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Connections of the load generator. @default 32 */
  readonly connections?: number;
  /** Threads of the load generator. @default 1 */
  readonly threads?: number;
  /** Leaves Trunkline out: nginx against the bare loop. @default false */
  readonly referenceOnly?: boolean;
  /** Leaves the scheduler free instead of giving the proxy a core of its own. @default false */
  readonly unpinned?: boolean;
  /** Folder for a CPU profile of Trunkline, written when it stops. @default no profile */
  readonly profile?: string;
}

/** One target in one round. */
export interface GatewayRound {
  readonly requestsPerSecond: number;
  readonly cpuMicrosecondsPerRequest: number;
  /** Share of one core that the proxy used: near 1, the proxy was the bottleneck. */
  readonly cpuShare: number;
  /** 1 when each client request reached the upstream, so nothing was cached or coalesced. */
  readonly upstreamPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** All rounds of one target, and the medians. */
export interface GatewayTarget {
  readonly name: string;
  readonly rounds: readonly GatewayRound[];
  /** Median over the rounds of the rate divided by nginx's in the same round. */
  readonly ratioToNginx: number;
}

const warmUpSeconds = 2;

interface Target {
  readonly name: string;
  readonly url: string;
  readonly child: BenchChild;
  /** When it was measured. */
  readonly spans: Span[];
}

/** A read passed through nginx, a bare Node loop and Trunkline, round about, in front of the same upstream. */
export async function run(options: GatewayOptions = {}): Promise<readonly GatewayTarget[]> {
  requirePrograms('nginx', 'wrk', 'taskset');
  const isPinned = options.unpinned !== true && availableParallelism() >= 2;
  const proxyCore = isPinned ? 0 : undefined;
  const loadCore = isPinned ? 1 : undefined;
  await using children = new ChildProcesses();
  const stub = new ChainStub();
  const probePort = await stub.start();
  try {
    const upstream = await Nginx.upstream(children, {
      answer: readAnswer,
      bodyLength: read.length,
      probePort,
      core: loadCore,
    });
    const nginx = await Nginx.keepAliveProxy(children, { upstreamPort: upstream.port, core: proxyCore });
    const plain = await Nginx.defaultProxy(children, { upstreamPort: upstream.port, core: proxyCore });
    const loop = await startReference(children, 'http-loop', [upstream.port], proxyCore);
    const targets: Target[] = [
      { name: 'nginx', url: `http://127.0.0.1:${nginx.port}/`, child: nginx.child, spans: [] },
      { name: 'nginx, default', url: `http://127.0.0.1:${plain.port}/`, child: plain.child, spans: [] },
      { name: 'bare loop', url: `http://127.0.0.1:${loop.port}/`, child: loop.child, spans: [] },
    ];
    const trunkline =
      options.referenceOnly === true
        ? undefined
        : await startTrunkline(children, upstream.port, proxyCore, options.profile);
    if (trunkline !== undefined)
      targets.push({ name: 'trunkline', url: trunkline.url, child: trunkline.child, spans: [] });
    const measured = await measure(children, targets, upstream, options, loadCore);
    print(measured);
    if (trunkline !== undefined && options.profile !== undefined) {
      await trunkline.child.stop();
      printProfile(options.profile, targets.at(-1)!.spans);
    }
    if (stub.requestsByMethod[readMethod] !== undefined)
      throw new Error('requests were changed on their way: the wrong upstream answered them');
    return measured;
  } finally {
    stub.stop();
  }
}

function startTrunkline(
  children: ChildProcesses,
  upstreamPort: number,
  core: number | undefined,
  profile: string | undefined,
): Promise<TrunklineProcess> {
  const providers = ['a', 'b', 'c'].map(id => ({ id, url: `http://127.0.0.1:${upstreamPort}/${id}` }));
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  return TrunklineProcess.start(children, { providers, core, nodeOptions });
}

async function measure(
  children: ChildProcesses,
  targets: readonly Target[],
  upstream: Nginx,
  options: GatewayOptions,
  loadCore: number | undefined,
): Promise<GatewayTarget[]> {
  const { rounds = 5, seconds = 4, connections = 32, threads = 1 } = options;
  const load = (url: string, length: number) =>
    wrk(children, { url, body: read, seconds: length, connections, threads, core: loadCore });
  for (const { url } of targets) await load(url, Math.min(warmUpSeconds, seconds));
  const taken = targets.map((): GatewayRound[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { name, url, child, spans }] of targets.entries()) {
      const cpuBefore = cpuMicroseconds(child.pid);
      const served = await upstream.requests();
      const from = now();
      const result = await load(url, seconds);
      spans.push({ from, to: now() });
      const cpu = cpuMicroseconds(child.pid) - cpuBefore;
      // Connections still hold requests when wrk stops counting, and the count is itself a request.
      const reached = (await upstream.requests()) - served - 1;
      taken[index]!.push({
        requestsPerSecond: result.requestsPerSecond,
        cpuMicrosecondsPerRequest: cpu / result.requests,
        cpuShare: cpu / (seconds * 1e6),
        upstreamPerRequest: reached / result.requests,
        p50Ms: result.p50Ms,
        p99Ms: result.p99Ms,
        errors: result.errors,
      });
      console.log(`  round ${round}/${rounds}  ${name}: ${Math.round(result.requestsPerSecond)} requests/s`);
    }
  }
  const nginxRates = taken[0]!.map(round => round.requestsPerSecond);
  return targets.map(({ name }, index) => ({
    name,
    rounds: taken[index]!,
    ratioToNginx: median(taken[index]!.map((round, at) => round.requestsPerSecond / nginxRates[at]!)),
  }));
}

function print(targets: readonly GatewayTarget[]): void {
  const middle = (target: GatewayTarget, key: keyof GatewayRound) =>
    median(target.rounds.map(round => round[key]));
  const head = [
    'target',
    'ratio to nginx',
    'requests/s',
    'CPU µs/request',
    'core used',
    'p50 ms',
    'p99 ms',
    'upstream/request',
    'errors',
  ];
  const rows = targets.map(target => [
    target.name,
    target.ratioToNginx.toFixed(2),
    Math.round(middle(target, 'requestsPerSecond')),
    middle(target, 'cpuMicrosecondsPerRequest').toFixed(1),
    `${Math.round(100 * middle(target, 'cpuShare'))} %`,
    middle(target, 'p50Ms').toFixed(2),
    middle(target, 'p99Ms').toFixed(2),
    middle(target, 'upstreamPerRequest').toFixed(2),
    target.rounds.reduce((sum, round) => sum + round.errors, 0),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}

function printProfile(folder: string, spans: readonly Span[]): void {
  const { functions, parts } = readProfile(folder, spans);
  for (const [title, times] of [
    ['function', functions.slice(0, 40)],
    ['part', parts.slice(0, 25)],
  ] as const) {
    console.log(
      `${formatTable(
        [`${title}, Trunkline under load`, 'self time'],
        times.map(({ name, share }) => [name, `${(100 * share).toFixed(1)} %`]),
      )}\n`,
    );
  }
}
