import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type PlainChildSpec, serverChild } from '../../../src/otp/child-spec.ts';
import type { GenServer } from '../../../src/otp/gen-server.ts';
import type { Pid } from '../../../src/otp/pid.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor, whichChild } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { HealthRegistry } from '../../../src/telemetry/health-registry.ts';
import { processObserver, publishProcessCounts } from '../../../src/telemetry/process-metrics.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { runtimeMonitorChild } from '../../../src/telemetry/runtime-monitor.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { parseExposition } from './support/parse-exposition.ts';

/** Handles casts only once `free` has come about. */
const worker: GenServer<Promise<void>, { readonly free: Promise<void> }, never, 'work'> = {
  init: (_self, free) => ({ free }),
  handleCast: async (_cast, { free }) => free,
};

async function setUp(t: TestContext, child: (deps: { clock: ManualClock }) => PlainChildSpec) {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const system = new ProcessSystem({ clock, observer: processObserver(metrics), mailbox: { limit: 5 } });
  t.after(() => system.stop());
  publishProcessCounts(system, metrics);
  const spec = supervisorSpec({ id: 'top', strategy: 'one_for_one', children: [child({ clock })] });
  const top = await startSupervisor(system, spec);
  const value = async (name: string, labels?: Record<string, string>) =>
    parseExposition(await metrics.expose()).value(name, labels);
  const pid = async (id: string) => (await whichChild(system, top, id))?.pid as Pid<never, 'work'>;
  return { clock, metrics, system, value, pid };
}

describe('process metrics', () => {
  it('count processes, restarts, dead letters and what waits in mailboxes', async t => {
    let setFree = () => {};
    const free = new Promise<void>(resolve => {
      setFree = resolve;
    });
    const child = () => serverChild({ id: 'worker', server: worker, args: free });
    const { system, value, pid } = await setUp(t, child);
    assert.equal(await value('trunkline_processes'), 2);

    const first = await pid('worker');
    system.exit(first, 'kill');
    await eventually(async () => (await pid('worker')) !== first);
    assert.equal(await value('trunkline_process_restarts_total', { supervisor: 'top', child: 'worker' }), 1);

    system.cast(first, 'work');
    await eventually(async () => (await value('trunkline_dead_letters_total')) === 1);

    const second = await pid('worker');
    for (let i = 0; i < 8; i++) system.cast(second, 'work');
    await eventually(async () => (await value('trunkline_mailbox_longest_messages'))! > 2);
    assert.ok((await value('trunkline_mailbox_overflows_total'))! >= 1);
    setFree();
    await eventually(async () => (await value('trunkline_mailbox_longest_messages')) === 0);
  });
});

describe('the runtime monitor', () => {
  it('answers for the event loop while it lives, and no longer', async t => {
    const health = new HealthRegistry();
    const monitorMetrics = new PromMetricRegistry();
    const { system, clock, pid } = await setUp(t, deps =>
      runtimeMonitorChild({ clock: deps.clock, metrics: monitorMetrics, health }),
    );
    assert.equal(health.liveness().checks.event_loop?.status, 'ok');
    const exposition = parseExposition(await monitorMetrics.expose());
    assert.ok(exposition.value('trunkline_event_loop_delay_seconds', { statistic: 'p99' })! >= 0);
    assert.equal(clock.pendingCount, 1);
    assert.ok(await pid('runtime_monitor'));
    await system.stop();
    assert.deepEqual(health.liveness().checks, {});
    assert.equal(clock.pendingCount, 0);
  });
});
