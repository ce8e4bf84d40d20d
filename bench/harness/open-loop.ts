import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PacerData } from '../processes/pacer.ts';
import { HttpConnection } from './http-connection.ts';
import { now } from './now.ts';

/** Load that does not wait for answers. */
export interface OpenLoopOptions {
  readonly port: number;
  readonly path: string;
  /** The JSON that each request posts. */
  readonly body: string;
  readonly requestsPerSecond: number;
  readonly count: number;
  /** Milliseconds after which a request counts as failed. @default 40000 */
  readonly timeoutMs?: number;
  /** Called before the request of that index is sent. */
  readonly onRequest?: (index: number) => void;
}

/** How one request went. */
export interface OpenLoopSample {
  /** When it was due, `now()` milliseconds: latency counts from there, so a stall of any side is not left out. */
  readonly dueAt: number;
  readonly latencyMs: number;
  /** Why it counts as failed: no answer, a status but 200, an answer without a result. */
  readonly failure: string | undefined;
  /** `X-Trunkline-Attempts`; 1 without it. */
  readonly attempts: number;
  /** `X-Trunkline-Provider` */
  readonly provider: string | undefined;
}

/** Posts `count` requests at a fixed rate, each on a free connection or a new one, and resolves with all samples in order. */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopSample[]> {
  const { count, timeoutMs = 40_000 } = options;
  const request = Buffer.from(
    `POST ${options.path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(options.body)}\r\n\r\n${options.body}`,
  );
  const free: HttpConnection[] = [];
  const all = new Set<HttpConnection>();
  const samples = new Array<OpenLoopSample | undefined>(count).fill(undefined);
  const intervalMs = 1000 / options.requestsPerSecond;
  const startAt = now() + 300;
  let left = count;
  const finished = Promise.withResolvers<void>();

  const send = (index: number): void => {
    options.onRequest?.(index);
    const dueAt = startAt + index * intervalMs;
    let connection = free.pop();
    while (connection !== undefined && !connection.isOpen) connection = free.pop();
    const used = connection ?? new HttpConnection(options.port);
    all.add(used);
    used.send(request, (answer, error) => {
      if (used.isOpen) free.push(used);
      else all.delete(used);
      samples[index] = {
        dueAt,
        latencyMs: now() - dueAt,
        failure: error ?? failureOf(answer!.status, answer!.body),
        attempts: Number(answer?.headers.get('x-trunkline-attempts') ?? 1),
        provider: answer?.headers.get('x-trunkline-provider'),
      };
      left--;
      if (left === 0) finished.resolve();
    });
  };

  const data: PacerData = { startAt, intervalMs, count };
  const pacer = new Worker(new URL('../processes/pacer.ts', import.meta.url), { workerData: data });
  pacer.on('message', send);
  pacer.on('error', finished.reject);
  const abort = new AbortController();
  const lastAnswerDue = count * intervalMs + 300 + timeoutMs;
  try {
    await Promise.race([finished.promise, delay(lastAnswerDue, undefined, { signal: abort.signal })]);
  } finally {
    abort.abort();
    await pacer.terminate();
    for (const connection of all) connection.close();
  }
  return samples.map((sample, index) => {
    if (sample !== undefined && sample.latencyMs <= timeoutMs) return sample;
    const dueAt = startAt + index * intervalMs;
    return { dueAt, latencyMs: timeoutMs, failure: 'no answer in time', attempts: 0, provider: undefined };
  });
}

function failureOf(status: number, body: string): string | undefined {
  if (status !== 200) return `HTTP ${status}`;
  return body.includes('"result":') ? undefined : `no result: ${body.slice(0, 120)}`;
}
