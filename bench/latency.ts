import { ChainStub } from './harness/chain-stub.ts';
import { ChildProcesses } from './harness/child-processes.ts';
import { Nginx } from './harness/nginx.ts';
import { openLoop } from './harness/open-loop.ts';
import { requirePrograms } from './harness/programs.ts';
import { read, readAnswer } from './harness/read-call.ts';
import { startReference } from './harness/reference.ts';
import { median, quantile } from './harness/statistics.ts';
import { formatTable } from './harness/table.ts';
import { TrunklineProcess } from './harness/trunkline.ts';

/** Options of the latency benchmark. */
export interface LatencyOptions {
  /** Rounds; each measures every target once. @default 5 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Requests a second, whether answered or not. @default 1000 */
  readonly rate?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
}

/** One target; latencies are medians over the rounds. */
export interface LatencyTarget {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Median over the rounds of the difference to direct requests in the same round. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
  readonly failures: number;
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
}

interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

/** Time from when a request was due to its answer, directly and through proxies, at a fixed rate that waits for nobody. */
export async function run(options: LatencyOptions = {}): Promise<readonly LatencyTarget[]> {
  requirePrograms('nginx');
  await using children = new ChildProcesses();
  const stub = new ChainStub();
  const probePort = await stub.start();
  try {
    const upstream = await Nginx.upstream(children, {
      answer: readAnswer,
      bodyLength: read.length,
      probePort,
    });
    const nginx = await Nginx.keepAliveProxy(children, { upstreamPort: upstream.port });
    const loop = await startReference(children, 'http-loop', [upstream.port]);
    const targets: Target[] = [
      { name: 'direct', port: upstream.port, path: '/' },
      { name: 'nginx', port: nginx.port, path: '/' },
      { name: 'bare loop', port: loop.port, path: '/' },
    ];
    if (options.referenceOnly !== true) {
      const providers = ['a', 'b', 'c'].map(id => ({ id, url: `http://127.0.0.1:${upstream.port}/${id}` }));
      const { port } = await TrunklineProcess.start(children, { providers });
      targets.push({ name: 'trunkline', port, path: '/rpc/bench' });
    }
    const measured = await measure(targets, options);
    print(measured);
    return measured;
  } finally {
    stub.stop();
  }
}

async function measure(
  targets: readonly Target[],
  { rounds = 5, seconds = 4, rate = 1000 }: LatencyOptions,
): Promise<LatencyTarget[]> {
  const load = ({ port, path }: Target, count: number) =>
    openLoop({ port, path, body: read, requestsPerSecond: rate, count });
  for (const target of targets) await load(target, 2 * rate);
  const taken = targets.map((): Round[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, target] of targets.entries()) {
      const samples = await load(target, seconds * rate);
      const latencies = samples.map(sample => sample.latencyMs);
      const failures = samples.filter(sample => sample.failure !== undefined).length;
      taken[index]!.push({ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), failures });
      console.log(
        `  round ${round}/${rounds}  ${target.name}: p50 ${quantile(latencies, 0.5).toFixed(2)} ms, p99 ${quantile(latencies, 0.99).toFixed(2)} ms`,
      );
    }
  }
  const direct = taken[0]!;
  return targets.map(({ name }, index) => {
    const own = taken[index]!;
    return {
      name,
      p50Ms: median(own.map(round => round.p50)),
      p99Ms: median(own.map(round => round.p99)),
      addedP50Ms: median(own.map((round, at) => round.p50 - direct[at]!.p50)),
      addedP99Ms: median(own.map((round, at) => round.p99 - direct[at]!.p99)),
      failures: own.reduce((sum, round) => sum + round.failures, 0),
    };
  });
}

function print(targets: readonly LatencyTarget[]): void {
  const head = ['target', 'p50 ms', 'p99 ms', 'added p50 ms', 'added p99 ms', 'failed'];
  const rows = targets.map(target => [
    target.name,
    target.p50Ms.toFixed(2),
    target.p99Ms.toFixed(2),
    target.addedP50Ms.toFixed(2),
    target.addedP99Ms.toFixed(2),
    target.failures,
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
