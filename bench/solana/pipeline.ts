import type { TransactionUpdate } from '../../src/chains/solana/updates.ts';
import { systemClock } from '../../src/clock/system-clock.ts';
import { pipeline } from '../../src/pipelines/define-pipeline.ts';
import type { Handler, Parser } from '../../src/pipelines/pipeline.ts';
import { PipelineRuntime } from '../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState } from '../../src/pipelines/state/state-store.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { formatTable } from '../harness/table.ts';

/** One kind of handler behind the runtime. */
export interface RuntimeResult {
  readonly handler: string;
  readonly updatesPerSecond: number;
  readonly cpuMicrosecondsPerUpdate: number;
}

const updates = 2_000_000;
const perSlot = 1_000;

const counting: Handler & { count: number } = {
  id: 'count',
  count: 0,
  handle() {
    this.count++;
  },
};

const parser: Parser = { id: 'fee', parse: input => ({ kind: 'parsed', values: [input] }) };

function transaction(slot: number, index: number): TransactionUpdate {
  const signature = new Uint8Array(64);
  new DataView(signature.buffer).setUint32(0, slot * perSlot + index);
  return {
    kind: 'transaction',
    slot,
    index,
    signature,
    isVote: false,
    isFailed: false,
    error: undefined,
    accountKeys: [],
    instructions: [],
    inner: [],
    logs: undefined,
    fee: 5_000,
    computeUnits: undefined,
  };
}

async function measure(name: string, handler: Handler): Promise<RuntimeResult> {
  const definition = pipeline({
    id: name,
    chain: 'solana',
    filter: { kind: 'transaction' },
    parser,
    handlers: [handler],
    buffer: { maxCapacity: 100_000 },
  });
  const runtime = new PipelineRuntime(
    { chain: 'solana', source: 'geyser', commitment: 'confirmed' },
    {
      state: memoryState({ maxBytes: 2 ** 24 }),
      clock: systemClock,
      log: silentLog,
      metrics: new PromMetricRegistry(),
    },
  );
  const running = runtime.add(definition);
  await running.open();
  const subscribers = [name];
  const block = Array.from({ length: perSlot }, (_, index) => transaction(1, index));
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  for (let told = 0, slot = 1; told < updates; slot++) {
    for (const update of block) runtime.onUpdate({ ...update, slot }, subscribers);
    told += perSlot;
    runtime.onSettled(slot);
    if (slot % 10 === 0 || !runtime.hasRoom) {
      await new Promise<void>(resolve => setImmediate(() => runtime.whenRoom(resolve)));
    }
  }
  await running.stop();
  const seconds = (performance.now() - begin) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const { handled } = running.status();
  const perUpdate = (cpu.user + cpu.system) / handled;
  return { handler: name, updatesPerSecond: handled / seconds, cpuMicrosecondsPerUpdate: perUpdate };
}

/** Updates a second through the runtime alone: a parser that makes one value of each transaction, a handler that counts. */
export async function run(): Promise<readonly RuntimeResult[]> {
  const results = [
    await measure('synchronous', counting),
    await measure('asynchronous', { id: 'async', handle: async () => {} }),
    await measure('batched', { id: 'batch', handle: () => {}, handleBatch: () => {} }),
  ];
  const rows = results.map(({ handler, updatesPerSecond, cpuMicrosecondsPerUpdate }) => [
    handler,
    Math.round(updatesPerSecond),
    cpuMicrosecondsPerUpdate.toFixed(2),
  ]);
  console.log(`\n${formatTable(['handler', 'updates/s', 'CPU µs/update'], rows)}\n`);
  return results;
}
