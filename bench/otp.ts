import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../src/clock/system-clock.ts';
import { serverChild } from '../src/otp/child-spec.ts';
import { type GenServer, startServer } from '../src/otp/gen-server.ts';
import { processName } from '../src/otp/process-name.ts';
import { ProcessSystem } from '../src/otp/process-system.ts';
import type { Request } from '../src/otp/request.ts';
import { reply } from '../src/otp/results.ts';
import { startDynamicChild, startSupervisor } from '../src/otp/supervisor.ts';
import { dynamicSupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { median, quantile } from './harness/statistics.ts';
import { formatTable } from './harness/table.ts';

/** What the benchmark of the process layer found. */
export interface OtpResult {
  /** One promise settled by one `setImmediate`: the floor of whatever goes through a mailbox. */
  readonly turnMicroseconds: number;
  readonly callMicroseconds: number;
  /** Processor time of a call, caller and turn included. */
  readonly callCpuMicroseconds: number;
  /** Messages a second from outside to one gen-server, sent 1,000 at a time. */
  readonly castsPerSecond: number;
  /** From the crash of a child to its successor running under its name. */
  readonly restartMicroseconds: { readonly p50: number; readonly p99: number };
  readonly bytesPerProcess: number;
  /** 10,000 children of a dynamic supervisor, all asked for at once. */
  readonly startMilliseconds: number;
  readonly stopMilliseconds: number;
}

type EchoCall = { readonly type: 'echo'; readonly value: number } & Request<number>;
type EchoCast = { readonly type: 'crash' } | { readonly type: 'note' };

const echo: GenServer<undefined, undefined, EchoCall, EchoCast> = {
  init: () => undefined,
  handleCall: call => reply(call.value),
  handleCast(cast) {
    if (cast.type === 'crash') throw new Error('told to');
  },
};

const echoName = processName<EchoCall, EchoCast>({ type: 'echo', id: 'bench' });
const rounds = 7;

/** Measures calls, restarts, memory and mass starts of the process layer, and prints a table. */
export async function run(): Promise<OtpResult> {
  const turns: number[] = [];
  const calls: CallTime[] = [];
  const casts: number[] = [];
  // Interleaved, so that what else the machine does falls on all of them.
  for (let round = 0; round < rounds; round++) {
    turns.push(await turnTime(20_000));
    calls.push(await callTime(20_000));
    casts.push(await castRate(200));
  }
  const restarts = await restartTimes(3_000);
  const bytesPerProcess = await processBytes(20_000);
  const masses = [await massStart(10_000), await massStart(10_000), await massStart(10_000)];
  const result: OtpResult = {
    turnMicroseconds: median(turns),
    callMicroseconds: median(calls.map(call => call.wall)),
    callCpuMicroseconds: median(calls.map(call => call.cpu)),
    castsPerSecond: median(casts),
    restartMicroseconds: { p50: quantile(restarts, 0.5), p99: quantile(restarts, 0.99) },
    bytesPerProcess,
    startMilliseconds: median(masses.map(mass => mass.start)),
    stopMilliseconds: median(masses.map(mass => mass.stop)),
  };
  print(result);
  return result;
}

function print(result: OtpResult): void {
  const { p50, p99 } = result.restartMicroseconds;
  const rows = [
    ['call round trip', `${result.callMicroseconds.toFixed(2)} µs`, '≤ 5 µs'],
    ['  processor time of it', `${result.callCpuMicroseconds.toFixed(2)} µs`, ''],
    ['  one turn of the event loop', `${result.turnMicroseconds.toFixed(2)} µs`, ''],
    ['casts to one process', `${Math.round(result.castsPerSecond / 1000)} k/s`, ''],
    ['crash to restarted and visible, p50', `${p50.toFixed(0)} µs`, '≤ 200 µs'],
    ['crash to restarted and visible, p99', `${p99.toFixed(0)} µs`, ''],
    ['idle gen-server', `${result.bytesPerProcess} bytes`, ''],
    ['start of 10,000 children', `${result.startMilliseconds.toFixed(0)} ms`, ''],
    ['stop of 10,000 children', `${result.stopMilliseconds.toFixed(0)} ms`, ''],
  ];
  console.log(formatTable(['processes', 'measured', 'wanted'], rows));
}

async function turnTime(count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve));
  return ((performance.now() - start) * 1_000) / count;
}

interface CallTime {
  readonly wall: number;
  readonly cpu: number;
}

async function callTime(count: number): Promise<CallTime> {
  const system = new ProcessSystem({ clock: systemClock });
  const pid = await startServer(system, echo, undefined);
  const before = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    if ((await system.call(pid, { type: 'echo', value: i })) !== i) throw new Error('wrong answer');
  }
  const wall = ((performance.now() - start) * 1_000) / count;
  const { user, system: kernel } = process.cpuUsage(before);
  await system.stop();
  return { wall, cpu: (user + kernel) / count };
}

async function castRate(batches: number): Promise<number> {
  const system = new ProcessSystem({ clock: systemClock });
  const pid = await startServer(system, echo, undefined);
  const start = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < 999; i++) system.cast(pid, { type: 'note' });
    await system.call(pid, { type: 'echo', value: batch });
  }
  const rate = (batches * 1_000) / ((performance.now() - start) / 1_000);
  await system.stop();
  return rate;
}

async function restartTimes(count: number): Promise<number[]> {
  let restarted = () => {};
  const system = new ProcessSystem({ clock: systemClock, observer: { onRestart: () => restarted() } });
  const children = [serverChild({ id: 'echo', server: echo, args: undefined, name: echoName })];
  const flags = { intensity: 1_000_000, periodMs: 1 };
  await startSupervisor(system, supervisorSpec({ id: 'sup', strategy: 'one_for_one', ...flags, children }));
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = system.registry.whereis(echoName);
    const again = new Promise<void>(resolve => {
      restarted = resolve;
    });
    const start = performance.now();
    system.cast(echoName, { type: 'crash' });
    await again;
    times.push((performance.now() - start) * 1_000);
    const after = system.registry.whereis(echoName);
    if (after === undefined || after === before) throw new Error('the successor is not registered');
  }
  await system.stop();
  return times;
}

async function processBytes(count: number): Promise<number> {
  const system = new ProcessSystem({ clock: systemClock });
  await startServer(system, echo, undefined);
  const before = usedHeap();
  for (let i = 0; i < count; i++) await startServer(system, echo, undefined);
  const bytes = Math.round((usedHeap() - before) / count);
  await system.stop();
  return bytes;
}

async function massStart(count: number): Promise<{ readonly start: number; readonly stop: number }> {
  const system = new ProcessSystem({ clock: systemClock });
  const spec = dynamicSupervisorSpec<number>({
    id: 'many',
    child: i => serverChild({ id: `child-${i}`, server: echo, args: undefined }),
  });
  const supervisor = await startSupervisor(system, spec);
  const start = performance.now();
  await Promise.all(Array.from({ length: count }, (_, i) => startDynamicChild(system, supervisor, i)));
  const started = performance.now();
  if (system.counts.processes !== count + 1) throw new Error('not all children run');
  await system.stop();
  return { start: started - start, stop: performance.now() - started };
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) await run();
