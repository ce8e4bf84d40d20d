import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PipelineParts, pipeline } from '../../../../src/pipelines/define-pipeline.ts';
import { PipelineRuntime } from '../../../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState } from '../../../../src/pipelines/state/state-store.ts';
import type { SourceSubscription } from '../../../../src/sources/source.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { account, byteParser, ScriptedHandler } from '../support/pipeline-bench.ts';

function setUp() {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const state = memoryState({ maxBytes: 2 ** 24 });
  const runtime = new PipelineRuntime(
    { chain: 'solana', source: 'geyser', commitment: 'confirmed' },
    { state, clock, log: silentLog, metrics, random: () => 0.5 },
  );
  const subscribe = (_subscriptions: readonly SourceSubscription[]) => {};
  runtime.connect({
    chain: 'solana',
    name: 'geyser',
    commitment: 'confirmed',
    subscribe,
    state: () => ({ status: 'streaming', endpoints: [], slot: 0, settled: 0, gaps: 0 }),
  });
  const add = async (id: string, parts: Partial<PipelineParts<number>> = {}) => {
    const handler = new ScriptedHandler();
    const definition = pipeline<number>({
      id,
      chain: 'solana',
      filter: { kind: 'account' },
      parser: byteParser,
      handlers: [handler],
      ...parts,
    });
    await runtime.add(definition).open();
    return handler;
  };
  /** The series of a label, by the rest of what is written before the value. */
  const series = async (label: string) => {
    const found = new Map<string, number>();
    for (const line of (await metrics.expose()).split('\n')) {
      const [, name, labels, value] = /^trunkline_pipeline_(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
      const rest = labels?.split(',').filter(one => one !== `pipeline="${label}"`);
      if (rest !== undefined && rest.length < labels!.split(',').length)
        found.set([name, ...rest].join(' '), Number(value));
    }
    return found;
  };
  return { clock, runtime, add, series };
}

const shared = { metricsLabel: 'feed.solana' };

describe('metrics of pipelines with one label', () => {
  it('are as many for many pipelines as for one', async () => {
    const { add, series } = setUp();
    await add('one', shared);
    const { size } = await series('feed.solana');
    for (let n = 0; n < 20; n++) await add(`more-${n}`, shared);
    assert.ok(size > 10);
    assert.equal((await series('feed.solana')).size, size);
    assert.equal((await series('one')).size, 0);
  });

  it('add up what waits and what is counted, and tell the lowest checkpoint and the highest lag', async () => {
    const { clock, runtime, add, series } = setUp();
    await add('quick', shared);
    const slow = await add('slow', shared);
    const both = ['quick', 'slow'];
    runtime.onUpdate(account(5, 1), both);
    runtime.onSettled(5);
    slow.isHeld = true;
    runtime.onUpdate(account(6, 2), both);
    runtime.onUpdate(account(6, 3), both);
    runtime.onSettled(6);
    runtime.onSlot({ kind: 'slot', slot: 9, parent: 8, status: 'processed' });
    await clock.advanceAndSettle(150);
    await add('new', shared);
    const told = await series('feed.solana');
    assert.equal(told.get('received_total'), 6);
    assert.equal(told.get('handled_total'), 4);
    assert.equal(told.get('checkpoint_slot'), 5);
    assert.equal(told.get('slot_lag'), 4);
    assert.equal(
      told.get('queue_depth'),
      both.reduce((sum, id) => sum + runtime.get(id).queueDepth, 0),
    );
    assert.ok(told.get('queue_depth')! > 0);
    assert.equal(told.get('state state="running"'), 3);
    slow.release();
  });

  it('last until the last of them is gone, and come back', async () => {
    const { runtime, add, series } = setUp();
    await add('one', shared);
    await add('two', shared);
    await add('other');
    await runtime.remove('one');
    assert.equal((await series('feed.solana')).get('state state="running"'), 1);
    await runtime.remove('two');
    const gauge = /^(queue_depth|slot_lag|checkpoint_slot|spill_bytes|dead_letters|state .*)$/;
    const gauges = async (label: string) =>
      [...(await series(label)).keys()].filter(name => gauge.test(name));
    assert.deepEqual(await gauges('feed.solana'), []);
    assert.equal((await gauges('other')).length, 10);
    await add('three', shared);
    assert.equal((await gauges('feed.solana')).length, 10);
  });
});
