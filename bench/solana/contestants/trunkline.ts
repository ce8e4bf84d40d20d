import { systemClock } from '../../../src/clock/system-clock.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { pipeline } from '../../../src/pipelines/define-pipeline.ts';
import { createParser } from '../../../src/pipelines/parsers/create-parser.ts';
import type { Handler, Parser } from '../../../src/pipelines/pipeline.ts';
import { pipelineChild } from '../../../src/pipelines/runtime/pipeline-process.ts';
import { PipelineRuntime } from '../../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState } from '../../../src/pipelines/state/state-store.ts';
import { GeyserSource, geyserSourceChildren } from '../../../src/sources/geyser/geyser-source.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { pipelinesSupervisor } from '../../../supervisors/pipelines.ts';
import { filterNames, program } from '../replayed-updates.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

const chain = 'bench';

/** Fee and units of a transaction: the least that a parser can do. */
const feeParser: Parser = {
  id: 'fee',
  parse: input =>
    input.kind === 'transaction'
      ? { kind: 'parsed', values: [{ fee: input.fee, computeUnits: input.computeUnits }] }
      : { kind: 'filtered' },
};

/** Source, runtime and supervision as in a whole Trunkline, with metrics, and a handler that counts. */
export async function start(options: ContestantOptions): Promise<Contestant> {
  const { port, parser = 'fee', handleMs = 0, concurrency = 1 } = options;
  let transactions = 0;
  const counting: Handler = {
    id: 'count',
    handle() {
      transactions++;
    },
  };
  const slow: Handler = {
    id: 'slow',
    async handle() {
      await new Promise(resolve => setTimeout(resolve, handleMs));
      transactions++;
    },
  };
  const definition = pipeline({
    id: filterNames.transactions,
    chain,
    commitment: 'confirmed',
    filter: { kind: 'transaction' },
    parser: parser === 'fee' ? feeParser : createParser({ type: 'session_events', program }),
    handlers: [handleMs === 0 ? counting : slow],
    concurrency,
  });
  const shared = { clock: systemClock, log: silentLog, metrics: new PromMetricRegistry() };
  const runtime = new PipelineRuntime(
    { chain, source: 'geyser', commitment: 'confirmed' },
    { ...shared, state: memoryState({ maxBytes: 2 ** 24 }) },
  );
  const source = new GeyserSource(
    { chain, commitment: 'confirmed', endpoints: [{ id: 'replay', url: `http://127.0.0.1:${port}` }] },
    {
      ...shared,
      listener: runtime,
      calls: { call: () => Promise.reject(new Error('there is no JSON-RPC here')) },
    },
  );
  runtime.connect(source);
  const running = runtime.add(definition);
  const system = new ProcessSystem({ clock: systemClock });
  await startSupervisor(
    system,
    pipelinesSupervisor(chain, () => ({
      sources: [{ id: 'geyser', children: geyserSourceChildren(source) }],
      handling: [pipelineChild(running)],
    })),
  );
  return {
    transactions: () => transactions,
    waiting: () => running.queueDepth,
    metrics: () => shared.metrics.expose(),
  };
}
