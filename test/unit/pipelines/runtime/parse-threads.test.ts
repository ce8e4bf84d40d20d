import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../../src/clock/system-clock.ts';
import { pipeline } from '../../../../src/pipelines/define-pipeline.ts';
import { RunningPipeline } from '../../../../src/pipelines/runtime/running-pipeline.ts';
import { memoryState } from '../../../../src/pipelines/state/state-store.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { eventually } from '../../../support/eventually.ts';
import { account, byteParser, ScriptedHandler } from '../support/pipeline-bench.ts';

const module = new URL('../support/threaded-parser.ts', import.meta.url).href;

async function threaded(parts: { parseTimeoutMs?: number } = {}) {
  const handler = new ScriptedHandler();
  const definition = pipeline<number>({
    id: 'p',
    chain: 'solana',
    filter: { kind: 'account' },
    parser: byteParser,
    parserModule: { url: module, config: { factor: 10 } },
    parseThreads: 2,
    handlers: [handler],
    ...parts,
  });
  const running = new RunningPipeline(
    definition,
    { onOpenChanged: () => {}, onPauseChanged: () => {}, onRoomChanged: () => {} },
    {
      state: memoryState({ maxBytes: 2 ** 24 }),
      clock: systemClock,
      log: silentLog,
      metrics: silentMetrics,
    },
  );
  await running.open();
  return { handler, running };
}

describe('a parser in threads', () => {
  it('keeps the order of updates over all threads, and counts what does not read', async () => {
    const { handler, running } = await threaded();
    const values = Array.from({ length: 600 }, (_, at) => at % 240);
    for (const [at, value] of values.entries()) running.offer(account(5 + Math.floor(at / 100), value));
    for (const value of [253, 254, 255]) running.offer(account(11, value));
    running.onSettled(11);
    await eventually(() => running.checkpoint === 11);
    assert.deepEqual(
      handler.done,
      values.map(value => value * 10),
    );
    const { filtered, parseErrors } = running.status();
    assert.deepEqual({ filtered, parseErrors }, { filtered: 1, parseErrors: 2 });
    await running.stop();
  });

  it('survives what parsers may not return, and tells it as parse errors', async () => {
    const { handler, running } = await threaded();
    for (const value of [1, 250, 2, 249, 3, 248, 4]) running.offer(account(5, value));
    running.onSettled(5);
    await eventually(() => running.checkpoint === 5, 'everything read', 60_000);
    assert.deepEqual([handler.done, running.status().parseErrors], [[10, 20, 30, 248, 40], 4]);
    await running.stop();
  });

  it('ends a thread that hangs or dies; what it died of is a parse error, the rest is handled in order', async () => {
    const { handler, running } = await threaded({ parseTimeoutMs: 4_000 });
    for (const value of [1, 252, 2, 251, 3]) running.offer(account(5, value));
    running.onSettled(5);
    await eventually(() => running.checkpoint === 5, 'everything read', 60_000);
    assert.deepEqual([handler.done, running.status().parseErrors], [[10, 20, 30], 2]);
    await running.stop();
  });
});
