import type { SolanaUpdate, TransactionUpdate } from '../../src/chains/solana/updates.ts';
import { systemClock } from '../../src/clock/system-clock.ts';
import { feedSection } from '../../src/config/sections/feed.ts';
import { eventKinds } from '../../src/feed/events/feed-event.ts';
import { EventLog } from '../../src/feed/log/event-log.ts';
import { MemoryEventStore } from '../../src/feed/log/memory-event-store.ts';
import { pipeline } from '../../src/pipelines/define-pipeline.ts';
import { valueEvent } from '../../src/pipelines/feed/value-event.ts';
import { buildInstructionTree } from '../../src/pipelines/instructions/instruction-tree.ts';
import { createParser } from '../../src/pipelines/parsers/create-parser.ts';
import type { Parser, PipelineItem } from '../../src/pipelines/pipeline.ts';
import { PipelineRuntime } from '../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState } from '../../src/pipelines/state/state-store.ts';
import { subscribeUpdateCodec } from '../../src/protocol/geyser/geyser-codec.ts';
import { toUpdate } from '../../src/sources/geyser/to-update.ts';
import { Intake } from '../../src/sources/intake.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { filterNames, program, transactionUpdate } from './replayed-updates.ts';

/** Options of the single steps. */
export interface UpdateOptions {
  /** Rounds; each measures every step once. @default 7 */
  readonly rounds?: number;
}

/** Microseconds of CPU that a transaction update of 2.3 kB takes, by step; each beside the one before where it needs that. */
export type UpdateResult = Readonly<Record<string, number>>;

const repeats = 20_000;
const slot = 300_000_000;

/** What one update costs at each step on its way: decoded, converted, made a tree, parsed, dispatched, appended to the feed. */
export async function update({ rounds = 7 }: UpdateOptions = {}): Promise<UpdateResult> {
  const bytes = transactionUpdate(slot);
  const steps = await stepsOf(bytes);
  const taken = new Map(steps.map(({ name }) => [name, [] as number[]]));
  // Interleaved, so that what else the machine does falls on all of them.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, make, run } of steps) {
      const took = await microseconds(make, run);
      // The first round is for the compiler.
      if (round > 0) taken.get(name)!.push(took);
    }
  }
  const result = Object.fromEntries(Array.from(taken, ([name, list]) => [name, median(list)]));
  const rows = Array.from(taken, ([name, list]) => [
    name,
    median(list).toFixed(2),
    `${Math.min(...list).toFixed(2)} to ${Math.max(...list).toFixed(2)}`,
  ]);
  console.log(`\n${formatTable([`update of ${bytes.length} bytes`, 'CPU µs', 'rounds'], rows)}\n`);
  return result;
}

interface Step {
  readonly name: string;
  /** What one repeat needs, made before the time is taken. */
  readonly make: (at: number) => unknown;
  readonly run: (input: never) => unknown;
}

async function stepsOf(bytes: Buffer): Promise<readonly Step[]> {
  const decoded = () => subscribeUpdateCodec.deserialize(bytes);
  const fresh = (at: number): TransactionUpdate => {
    const made = toUpdate(decoded()) as TransactionUpdate;
    const signature = Buffer.alloc(64);
    signature.writeUInt32BE(at);
    return { ...made, signature };
  };
  const parserStep = (parser: Parser): Step => ({
    name: `parse: ${parser.id}, its tree included`,
    make: fresh,
    run: (input: SolanaUpdate) => {
      if (parser.parse(input).kind !== 'parsed') throw new Error(`${parser.id} does not parse`);
    },
  });
  const dispatch = await pipelineStep();
  const feed = await feedStep(fresh(0));
  return [
    { name: 'decode', make: () => bytes, run: (input: Buffer) => subscribeUpdateCodec.deserialize(input) },
    { name: 'convert', make: decoded, run: toUpdate },
    { name: 'take in: de-duplicate, ledger', make: fresh, run: intakeRun() },
    { name: 'tree of instructions', make: fresh, run: buildInstructionTree },
    parserStep(createParser({ type: 'compute_budget' })),
    parserStep(createParser({ type: 'session_events', program })),
    parserStep(createParser({ type: 'raw' })),
    { name: 'dispatch to a handler, without parsing', make: fresh, run: dispatch },
    feed,
  ];
}

function intakeRun(): (input: TransactionUpdate) => void {
  const listener = {
    onUpdate: () => {},
    onSlot: () => {},
    onSettled: () => {},
    onGap: () => {},
    hasRoom: true,
    whenRoom: () => {},
  };
  const intake = new Intake(
    { chain: 'bench', source: 'geyser', commitment: 'confirmed' },
    { listener, metrics: new PromMetricRegistry() },
  );
  const id = filterNames.transactions;
  const { filter } = definition({ id: 'none', parse: () => ({ kind: 'filtered' }) }, () => {});
  intake.subscribe([{ id, filter, since: undefined }]);
  const coverage = intake.ledger.open(undefined);
  let current = slot;
  let count = 0;
  return input => {
    intake.take({ ...input, slot: current }, [id], coverage);
    if (++count % 1_000 !== 0) return;
    for (const status of ['processed', 'confirmed'] as const)
      intake.ledger.report({ kind: 'slot', slot: current, parent: current - 1, status }, coverage);
    current++;
  };
}

function definition(parser: Parser, handle: (item: PipelineItem) => void) {
  return pipeline({
    id: filterNames.transactions,
    chain: 'bench',
    filter: { kind: 'transaction' },
    parser,
    handlers: [{ id: 'count', handle }],
  });
}

async function pipelineStep(): Promise<(input: TransactionUpdate) => void> {
  const runtime = new PipelineRuntime(
    { chain: 'bench', source: 'geyser', commitment: 'confirmed' },
    {
      state: memoryState({ maxBytes: 2 ** 24 }),
      clock: systemClock,
      log: silentLog,
      metrics: new PromMetricRegistry(),
    },
  );
  const values = [{}];
  const running = runtime.add(
    definition({ id: 'constant', parse: () => ({ kind: 'parsed', values }) }, () => {}),
  );
  await running.open();
  const ids = [filterNames.transactions];
  return input => runtime.onUpdate(input, ids);
}

/** As the feed's handler does it for an event of the session program: a topic, JSON, an append to a log in memory. */
async function feedStep(sample: TransactionUpdate): Promise<Step> {
  const config = feedSection.parse({});
  const metrics = new PromMetricRegistry();
  const eventLog = new EventLog(
    {
      retentionMs: config.retention.age,
      retentionBytes: config.memory,
      memoryBytes: config.memory,
      maxBacklogBytes: config.backlog.max_bytes,
      shedAt: config.backlog.shed_at,
    },
    {
      clock: systemClock,
      log: silentLog,
      metrics,
      store: new MemoryEventStore({ maxBytes: 2 * config.memory }),
    },
  );
  await eventLog.open();
  const eventOf = valueEvent({ chain: 'bench', commitment: 'confirmed', program });
  const outcome = createParser({ type: 'session_events', program }).parse(sample);
  const value = outcome.kind === 'parsed' ? outcome.values[0] : undefined;
  const origin = {
    chain: 'bench',
    slot,
    signature: '5'.repeat(88),
    path: '2',
    ordinal: 0,
    key: `${slot}:2:0`,
    isRemoved: false,
  };
  const item: PipelineItem = { pipeline: filterNames.transactions, value, origin };
  if (eventOf(item).kind !== eventKinds.program_event) throw new Error('it is no event');
  return {
    name: 'append an event to the feed',
    make: () => item,
    run: (input: PipelineItem) => eventLog.append([eventOf(input)]),
  };
}

async function microseconds(make: Step['make'], run: Step['run']): Promise<number> {
  const batch = 1_000;
  let total = 0;
  for (let done = 0; done < repeats; done += batch) {
    const inputs = Array.from({ length: batch }, (_, at) => make(done + at)) as never[];
    const before = process.cpuUsage();
    for (const input of inputs) run(input);
    const { user, system } = process.cpuUsage(before);
    total += user + system;
    // Others of the loop, such as the commits of the feed, have their turn.
    await new Promise(resolve => setImmediate(resolve));
  }
  return total / repeats;
}
