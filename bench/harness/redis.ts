import { createConnection } from 'node:net';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { waitFor } from './wait-for.ts';

/** A redis-server that keeps everything in memory and writes nothing: the fastest that Redis is. */
export async function startRedis(
  children: ChildProcesses,
): Promise<{ readonly port: number; readonly child: BenchChild }> {
  const port = await findFreePort('127.0.0.1');
  const child = children.start('redis-server', 'redis-server', [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    children.makeFolder(),
  ]);
  await waitFor(child, () => answersPing(port));
  return { port, child };
}

/** Whether a RESP server answers PING. */
export function answersPing(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', chunk => {
      resolve(chunk.toString() === '+PONG\r\n');
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(false));
  });
}

/** One run of redis-benchmark. */
export interface RedisLoad {
  readonly port: number;
  readonly command: 'GET' | 'SET';
  /** Commands sent at once on each connection. */
  readonly pipeline: number;
  readonly requests: number;
  /** Random keys out of this many; without it every command has the same key. */
  readonly keys?: number;
}

/** What redis-benchmark counted. */
export interface RedisLoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 50;

/** Fifty connections, each with `pipeline` commands under way. */
export async function redisBenchmark(children: ChildProcesses, load: RedisLoad): Promise<RedisLoadResult> {
  const report = await children.finish(
    'redis-benchmark',
    'redis-benchmark',
    [
      ...['-h', '127.0.0.1', '-p', load.port, '-c', connections, '-P', load.pipeline, '-n', load.requests],
      ...(load.keys === undefined ? [] : ['-r', load.keys]),
      ...['-t', load.command.toLowerCase(), '--csv'],
    ].map(String),
    120_000,
  );
  return parseRedisBenchmark(report, load.command);
}

/** Reads the CSV of redis-benchmark. @throws Error when the command is not in it */
export function parseRedisBenchmark(report: string, command: string): RedisLoadResult {
  const rows = report
    .trim()
    .split('\n')
    .map(line => line.split(',').map(cell => cell.replaceAll('"', '')));
  const head = rows.find(row => row[0] === 'test');
  const row = rows.find(cells => cells[0] === command);
  if (head === undefined || row === undefined) throw new Error(`not a report of redis-benchmark: ${report}`);
  const cell = (name: string) => Number(row[head.indexOf(name)]);
  return { perSecond: cell('rps'), p50Ms: cell('p50_latency_ms'), p99Ms: cell('p99_latency_ms') };
}
