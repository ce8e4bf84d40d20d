import type { ChildProcesses } from '../harness/child-processes.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { type RedisLoadResult, redisBenchmark, startRedis } from '../harness/redis.ts';
import { median } from '../harness/statistics.ts';
import { StorageTrunkline } from '../harness/storage-trunkline.ts';
import { formatTable } from '../harness/table.ts';

/** What is not at its default. */
export interface RespRatioOptions {
  readonly rounds?: number;
  readonly requests?: number;
  readonly durability?: string;
  readonly keys?: number;
  readonly profile?: string;
}

/** One load on one server, all rounds. */
export interface StorageLoad {
  readonly load: string;
  readonly server: 'redis-server' | 'trunkline';
  readonly rounds: readonly (RedisLoadResult & { readonly cpuMicroseconds: number })[];
  /** Median over the rounds of the rate divided by that of redis-server in the same round. */
  readonly ratio: number;
}

const loads = [
  { name: 'GET P16', command: 'GET', pipeline: 16 },
  { name: 'SET P16', command: 'SET', pipeline: 16 },
  { name: 'GET P1', command: 'GET', pipeline: 1 },
  { name: 'SET P1', command: 'SET', pipeline: 1 },
] as const;

/** The RESP port beside redis-server, under redis-benchmark with 50 connections. */
export async function respRatios(
  children: ChildProcesses,
  options: RespRatioOptions,
): Promise<readonly StorageLoad[]> {
  const { rounds = 5, requests = 800_000, durability = 'commit', keys = 1 } = options;
  const redis = await startRedis(children);
  using trunkline = await StorageTrunkline.start(children, { durability, profile: options.profile });
  const servers = [
    { name: 'redis-server', port: redis.port, child: redis.child },
    { name: 'trunkline', port: trunkline.port, child: trunkline.child },
  ] as const;
  const taken = new Map<string, (RedisLoadResult & { readonly cpuMicroseconds: number })[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, pipeline } of loads) {
      for (const server of servers) {
        const count = Math.ceil(requests / (pipeline === 1 ? 16 : 1));
        const before = cpuMicroseconds(server.child.pid);
        const result = await redisBenchmark(children, {
          port: server.port,
          command,
          pipeline,
          requests: count,
          ...(keys === 1 ? {} : { keys }),
        });
        const cpu = (cpuMicroseconds(server.child.pid) - before) / count;
        // The first round warms both up.
        if (round === 0) continue;
        const key = `${name} ${server.name}`;
        taken.set(key, [...(taken.get(key) ?? []), { ...result, cpuMicroseconds: cpu }]);
        console.log(`  round ${round}/${rounds}  ${key}: ${Math.round(result.perSecond)} commands/s`);
      }
    }
  }
  const measured = loads.flatMap(({ name }) =>
    servers.map(({ name: server }): StorageLoad => {
      const own = taken.get(`${name} ${server}`)!;
      const reference = taken.get(`${name} redis-server`)!;
      const ratios = own.map(({ perSecond }, at) => perSecond / reference[at]!.perSecond);
      return { load: name, server, rounds: own, ratio: median(ratios) };
    }),
  );
  print(measured);
  return measured;
}

function print(measured: readonly StorageLoad[]): void {
  const head = ['load', 'server', 'ratio', 'range', 'commands/s', 'CPU µs/command', 'p50 ms', 'p99 ms'];
  const rows = measured.map(({ load, server, ratio, rounds }) => {
    const reference = measured.find(other => other.load === load)!.rounds;
    const ratios = rounds.map(({ perSecond }, at) => perSecond / reference[at]!.perSecond);
    const middle = (key: keyof (typeof rounds)[number]) => median(rounds.map(round => round[key]));
    return [
      load,
      server,
      ratio.toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      Math.round(middle('perSecond')),
      middle('cpuMicroseconds').toFixed(2),
      middle('p50Ms').toFixed(2),
      middle('p99Ms').toFixed(2),
    ];
  });
  console.log(`\n${formatTable(head, rows)}\n`);
}
