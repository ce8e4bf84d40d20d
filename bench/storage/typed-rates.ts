import { monitorEventLoopDelay } from 'node:perf_hooks';
import { open } from 'lmdb';
import type { TypedStore } from '../../src/storage/client/typed-store.ts';
import { BenchStorage } from '../harness/bench-storage.ts';
import type { ChildProcesses } from '../harness/child-processes.ts';
import { now } from '../harness/now.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';

/** One kind of work in one round. */
export interface TypedRound {
  readonly perSecond: number;
  /** CPU of the main thread alone. */
  readonly mainCpuMicroseconds: number;
  /** How late the main thread's event loop ran meanwhile. */
  readonly delayP99Ms: number;
}

export interface TypedRates {
  readonly what: string;
  readonly rounds: readonly TypedRound[];
  /** Median over the rounds of the rate divided by that of lmdb on the main thread in the same round. */
  readonly ratio: number;
}

export interface TypedOptions {
  readonly rounds?: number;
  readonly seconds?: number;
  readonly durability?: string;
  /** As `storage.preset`. @default balanced */
  readonly preset?: string;
}

const batchSize = 100;
const inFlight = 32;
const keyCount = 100_000;
const delayResolutionMs = 1;

/**
 * Typed calls, awaited in batches of 100 with 32 batches under way, beside lmdb used directly on the main thread in
 * transactions of 100: what storage costs, and what it spares the main thread.
 */
export async function typedRates(
  children: ChildProcesses,
  { rounds = 5, seconds = 2, durability = 'commit', preset = 'balanced' }: TypedOptions,
): Promise<readonly TypedRates[]> {
  const storage = await BenchStorage.start(
    children.makeFolder(),
    `durability: ${durability}, preset: ${preset}`,
  );
  const direct = openDirect(children.makeFolder());
  const works = [
    { what: 'put, lmdb on the main thread', reference: 0, batch: direct.put },
    { what: 'put, typed', reference: 0, batch: (from: number) => putBatch(storage.store, from) },
    { what: 'get, lmdb on the main thread', reference: 2, batch: direct.get },
    { what: 'get, typed', reference: 2, batch: (from: number) => getBatch(storage.store, from) },
  ];
  const taken = works.map((): TypedRound[] => []);
  for (let from = 0; from < keyCount; from += batchSize) await putBatch(storage.store, from);
  for (let from = 0; from < keyCount; from += batchSize) await direct.put(from);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { what, batch }] of works.entries()) {
      const result = await measure(batch, seconds);
      if (round === 0) continue;
      taken[index]!.push(result);
      console.log(`  round ${round}/${rounds}  ${what}: ${Math.round(result.perSecond)} operations/s`);
    }
  }
  await storage.stop();
  await direct.close();
  const measured = works.map(({ what, reference }, index) => ({
    what,
    rounds: taken[index]!,
    ratio: median(taken[index]!.map(({ perSecond }, at) => perSecond / taken[reference]![at]!.perSecond)),
  }));
  print(measured);
  return measured;
}

async function measure(batch: (from: number) => Promise<void>, seconds: number): Promise<TypedRound> {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  const end = now() + seconds * 1000;
  let batches = 0;
  let next = 0;
  const loop = async () => {
    while (now() < end) {
      next = (next + batchSize * 7919) % keyCount;
      await batch(next);
      batches++;
    }
  };
  delay.enable();
  const cpu = process.threadCpuUsage();
  const started = now();
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsed = now() - started;
  const used = process.threadCpuUsage(cpu);
  delay.disable();
  const operations = batches * batchSize;
  return {
    perSecond: (operations / elapsed) * 1000,
    mainCpuMicroseconds: (used.user + used.system) / operations,
    delayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - delayResolutionMs),
  };
}

const keys = Array.from({ length: keyCount }, (_, i) => Buffer.from(`key:${String(i).padStart(12, '0')}`));
const value = Buffer.alloc(100, 'v');

async function putBatch(store: TypedStore, from: number): Promise<void> {
  const calls = [];
  for (let i = from; i < from + batchSize; i++) calls.push(store.set(keys[i % keyCount]!, value));
  await Promise.all(calls);
}

async function getBatch(store: TypedStore, from: number): Promise<void> {
  const calls = [];
  for (let i = from; i < from + batchSize; i++) calls.push(store.get(keys[i % keyCount]!));
  const values = await Promise.all(calls);
  if (values.some(found => found?.length !== value.length)) throw new Error('a value is missing');
}

/** lmdb with the settings of the storage thread, used where the storage must not be. */
function openDirect(path: string) {
  const database = open({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
    noSync: true,
    overlappingSync: false,
    mapSize: 2 ** 30,
  });
  const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve));
  return {
    put: async (from: number) => {
      database.transactionSync(() => {
        for (let i = from; i < from + batchSize; i++) database.putSync(keys[i % keyCount]!, value);
      });
      await nextTurn();
    },
    get: async (from: number) => {
      for (let i = from; i < from + batchSize; i++) database.getBinary(keys[i % keyCount]!);
      await nextTurn();
    },
    close: () => database.close(),
  };
}

function print(measured: readonly TypedRates[]): void {
  const head = ['operations', 'ratio', 'operations/s', 'main thread, CPU µs/op', 'main loop delay p99 ms'];
  const rows = measured.map(({ what, ratio, rounds }) => {
    const middle = (key: keyof TypedRound) => median(rounds.map(round => round[key]));
    return [
      what,
      ratio.toFixed(2),
      Math.round(middle('perSecond')),
      middle('mainCpuMicroseconds').toFixed(2),
      middle('delayP99Ms').toFixed(2),
    ];
  });
  console.log(`\n${formatTable(head, rows)}\n`);
}
