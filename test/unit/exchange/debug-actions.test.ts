import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { debugActions, type RuntimeDump } from '../../../src/exchange/debug-actions.ts';
import { counterDefinition } from '../../../src/telemetry/metrics.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const actions = debugActions({ clock, metrics });
  const run = async (path: string, body: unknown = {}) =>
    actions.find(action => action.path === path)!.run(body);
  return { clock, metrics, run };
}

describe('the admin actions for debugging', () => {
  it('take one CPU profile at a time, for the seconds asked for', async () => {
    const { clock, run } = setUp();
    let isDone = false;
    const profiled = run('debug/profile', { seconds: 2 }).finally(() => {
      isDone = true;
    });
    await assert.rejects(run('debug/profile'), { code: 'profile_running' });
    await eventually(() => clock.pendingCount > 0, 'the profiler');
    await clock.advanceAndSettle(1_999);
    assert.equal(isDone, false);
    await clock.advanceAndSettle(1);
    const { profile } = (await profiled) as { profile: { nodes: object[]; samples: number[] } };
    assert.ok(profile.nodes.length > 0);
    assert.ok(Array.isArray(profile.samples));
  });

  it('take no profile of more than a minute', async () => {
    for (const seconds of [0, 61, 1.5, 'long', -1])
      await assert.rejects(setUp().run('debug/profile', { seconds }), { message: /from 1 to 60/ });
  });

  it('dump what the runtime knows of itself beside the metrics', async () => {
    const { metrics, run } = setUp();
    metrics.counter(counterDefinition({ name: 'trunkline_test_total', help: 'A test.' })).inc(3);
    const dump = (await run('debug/metrics')) as RuntimeDump;
    assert.match(dump.metrics, /trunkline_test_total 3/);
    assert.equal(dump.pid, process.pid);
    assert.ok(dump.heap.used_heap_size! > 0);
    assert.ok(dump.heapSpaces.old_space! > 0);
    assert.ok(dump.memory.rss! > 0);
    assert.deepEqual(Object.keys(dump.handles), Object.keys(dump.handles).toSorted());
    assert.ok(dump.cpu.user > 0);
  });
});
