import { setTimeout as delay } from 'node:timers/promises';
import { ChildProcesses } from '../harness/child-processes.ts';
import { now } from '../harness/now.ts';
import { formatTable } from '../harness/table.ts';
import type { ContestantOptions, ContestantReport } from './contestants/contestant.ts';
import { GeyserReplay } from './geyser-replay.ts';
import { ask, processScript, startNode } from './node-child.ts';

/** Options of the memory run. */
export interface MemoryOptions {
  /** Length of the run. @default 1 */
  readonly minutes?: number;
}

/** Memory over the run. */
export interface Course {
  readonly start: number;
  readonly end: number;
  readonly most: number;
  /** At each fifth of the run, the start included. */
  readonly fifths: readonly number[];
  /** Bytes a minute, by least squares over the run behind its first fifth. */
  readonly slope: number;
}

/** How the run went. */
export interface MemoryResult {
  readonly minutes: number;
  readonly samples: number;
  readonly handled: number;
  readonly updatesPerSecond: number;
  /** Updates that waited in the pipeline at most. */
  readonly mostWaiting: number;
  /** Transactions that the endpoint had written and the handler had not got, at most: what is in the pipeline and on the wire. */
  readonly mostUnderWay: number;
  /** Share of the time during which the endpoint could not write. */
  readonly blockedShare: number;
  readonly heap: Course;
  readonly resident: Course;
}

const handleMs = 5;
const concurrency = 10;
const warmUpMs = 5_000;
const samplesWanted = 30;

/** The fastest endpoint before a handler that takes 5 ms, ten at once: what is kept must not grow, and the endpoint has to wait. */
export async function memory({ minutes = 1 }: MemoryOptions = {}): Promise<MemoryResult> {
  await using children = new ChildProcesses();
  const endpoint = await GeyserReplay.start(children);
  const options: ContestantOptions = { port: endpoint.port, parser: 'fee', handleMs, concurrency };
  const { child } = await startNode<object>(
    children,
    'Trunkline',
    processScript('geyser-client'),
    ['trunkline', JSON.stringify(options)],
    ['--expose-gc'],
  );
  await delay(warmUpMs);
  const look = async () => {
    const report = await ask<ContestantReport>(child, { collect: true });
    const { sent, waitedMs } = await endpoint.report();
    return { ...report, at: now(), sent, waitedMs };
  };
  const first = await look();
  const samples = [first];
  const everyMs = (minutes * 60_000) / samplesWanted;
  for (let sample = 1; sample <= samplesWanted; sample++) {
    await delay(Math.max(0, first.at + sample * everyMs - now()));
    samples.push(await look());
  }
  const last = samples.at(-1)!;
  const elapsedMs = last.at - first.at;
  const times = samples.map(({ at }) => (at - first.at) / 60_000);
  const result: MemoryResult = {
    minutes,
    samples: samples.length,
    handled: last.transactions - first.transactions,
    updatesPerSecond: (1_000 * (last.transactions - first.transactions)) / elapsedMs,
    mostWaiting: Math.max(...samples.map(({ waiting }) => waiting)),
    mostUnderWay: Math.max(...samples.map(({ sent, transactions }) => sent - transactions)),
    blockedShare: (last.waitedMs - first.waitedMs) / elapsedMs,
    heap: courseOf(
      times,
      samples.map(({ heapBytes }) => heapBytes),
    ),
    resident: courseOf(
      times,
      samples.map(({ residentBytes }) => residentBytes),
    ),
  };
  print(result);
  return result;
}

function courseOf(times: readonly number[], values: readonly number[]): Course {
  const from = Math.floor(values.length / 5);
  return {
    start: values[0]!,
    end: values.at(-1)!,
    most: Math.max(...values),
    fifths: Array.from({ length: 6 }, (_, at) => values[Math.round((at * (values.length - 1)) / 5)]!),
    slope: slopeOf(times.slice(from), values.slice(from)),
  };
}

function slopeOf(times: readonly number[], values: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [time, value] = [mean(times), mean(values)];
  let above = 0;
  let below = 0;
  for (let at = 0; at < times.length; at++) {
    above += (times[at]! - time) * (values[at]! - value);
    below += (times[at]! - time) ** 2;
  }
  return above / below;
}

function print(result: MemoryResult): void {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const row = (name: string, { fifths, most, slope }: Course) => [
    name,
    ...fifths.map(megabytes),
    megabytes(most),
    megabytes(slope),
  ];
  const head = [
    'MB, garbage collected',
    'start',
    '20 %',
    '40 %',
    '60 %',
    '80 %',
    'end',
    'most',
    'MB a minute',
  ];
  const rows = [row('heap and buffers', result.heap), row('RSS', result.resident)];
  console.log(`\n${formatTable(head, rows)}\n`);
  console.log(
    `  ${result.handled} updates in ${result.minutes} min (${Math.round(result.updatesPerSecond)} a second); at most ${result.mostWaiting} waited in the pipeline, ${result.mostUnderWay} with those on the wire; the endpoint was held up ${(100 * result.blockedShare).toFixed(1)} % of the time\n`,
  );
}
