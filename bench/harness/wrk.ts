import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildProcesses } from './child-processes.ts';

/** One burst of closed-loop load. */
export interface WrkOptions {
  readonly url: string;
  readonly body: string;
  readonly seconds: number;
  /** @default 32 */
  readonly connections?: number;
  /** @default 1 */
  readonly threads?: number;
  readonly core?: number | undefined;
}

/** What wrk counted. */
export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Answers that were not 2xx or 3xx, and errors of the socket. */
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Posts one JSON body over and over. */
export async function wrk(children: ChildProcesses, options: WrkOptions): Promise<WrkResult> {
  const script = join(children.makeFolder(), 'post.lua');
  const lines = [
    'wrk.method = "POST"',
    `wrk.body = ${JSON.stringify(options.body)}`,
    'wrk.headers["Content-Type"] = "application/json"',
  ];
  await writeFile(script, lines.join('\n'));
  const { connections = 32, threads = 1, seconds } = options;
  const args = [
    '-t',
    `${threads}`,
    '-c',
    `${connections}`,
    '-d',
    `${seconds}s`,
    '--timeout',
    '10s',
    '--latency',
    '-s',
    script,
    options.url,
  ];
  return parseWrk(await children.finish('wrk', 'wrk', args, (seconds + 15) * 1000, { core: options.core }));
}

/** Reads wrk's report. @throws Error when it is not one */
export function parseWrk(report: string): WrkResult {
  const counted = /(\d+) requests in/.exec(report);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(report);
  if (counted === null || rate === null) throw new Error(`not a report of wrk: ${report}`);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report);
  const status = /Non-2xx or 3xx responses: (\d+)/.exec(report);
  return {
    requests: Number(counted[1]),
    requestsPerSecond: Number(rate[1]),
    errors: Number(status?.[1] ?? 0) + (socket?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
    p50Ms: percentile(report, 50),
    p99Ms: percentile(report, 99),
  };
}

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function percentile(report: string, which: number): number {
  const found = new RegExp(`^\\s+${which}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(report);
  return found === null ? Number.NaN : Number(found[1]) * milliseconds[found[2]!]!;
}
