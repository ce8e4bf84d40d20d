import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Restart } from '../../../src/otp/child-spec.ts';
import type { Pid } from '../../../src/otp/pid.ts';
import { ignore, initialized, stop } from '../../../src/otp/results.ts';
import {
  countSupervised,
  deleteChild,
  getChildSpec,
  restartChild,
  startDynamicChild,
  startSupervisor,
  terminateChild,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { type DynamicSupervisorOptions, dynamicSupervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { type AgentArgs, child, settle, World } from './support.ts';

type Args = AgentArgs & { readonly restart?: Restart };

function dynamic(world: World, options: Partial<DynamicSupervisorOptions<Args>> = {}) {
  const spec = dynamicSupervisorSpec<Args>({
    id: 'dyn',
    intensity: 0,
    child: args => child('x', args, args.restart === undefined ? {} : { restart: args.restart }),
    ...options,
  });
  return startSupervisor(world.system, spec);
}

async function started(
  world: World,
  sup: Awaited<ReturnType<typeof dynamic>>,
  args: Args = {},
): Promise<Pid> {
  const result = await startDynamicChild(world.system, sup, args);
  assert.ok(result.ok && result.pid !== undefined);
  return result.pid;
}

test('[supervisor_SUITE child_adm_simple] there are no children at first, and children have no id', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  assert.deepEqual(await whichChildren(world.system, sup), []);
  const pid = await started(world, sup);
  assert.deepEqual(await whichChildren(world.system, sup), [
    { id: undefined, pid, status: 'running', type: 'worker', restarts: 0 },
  ]);
});

test('[supervisor_SUITE child_adm_simple] terminating by id is refused, by pid it works', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const pid = await started(world, sup);
  assert.deepEqual(await terminateChild(world.system, sup, 'x'), { ok: false, error: 'dynamic_supervisor' });
  assert.deepEqual(await terminateChild(world.system, sup, pid), { ok: true });
  assert.ok(!world.isAlive(pid));
});

test('[DynamicSupervisor terminate_child] a child that is gone already is not_found', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const pid = await started(world, sup, { restart: 'temporary' });
  await world.end(pid, 'normal');
  assert.deepEqual(await terminateChild(world.system, sup, pid), { ok: false, error: 'not_found' });
});

test('[supervisor_SUITE child_adm_simple] a foreign process is not_found and stays alive', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const foreign = await world.agent();
  assert.deepEqual(await terminateChild(world.system, sup, foreign), { ok: false, error: 'not_found' });
  assert.ok(world.isAlive(foreign));
});

test('[supervisor_SUITE child_adm_simple] restart_child and delete_child are refused', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const refused = { ok: false, error: 'dynamic_supervisor' };
  assert.deepEqual(await restartChild(world.system, sup, 'x'), refused);
  assert.deepEqual(await deleteChild(world.system, sup, 'x'), refused);
});

for (const restart of ['permanent', 'transient', 'temporary'] as const) {
  test(`[supervisor_SUITE sup_start_ignore_${restart}_child_start_child_simple] a child that ignores its start is not kept, and the supervisor still stops cleanly`, async t => {
    const world = new World(t);
    const sup = await dynamic(world);
    assert.deepEqual(await startDynamicChild(world.system, sup, { restart, init: () => ignore() }), {
      ok: true,
      pid: undefined,
    });
    assert.deepEqual(await whichChildren(world.system, sup), []);
    assert.equal(await world.system.stopProcess(sup, 'shutdown'), 'shutdown');
  });
}

test('[supervisor_SUITE sup_start_child_returns_error_simple] a failed start gives the bare reason and keeps nothing', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  assert.deepEqual(await startDynamicChild(world.system, sup, { init: () => stop('no') }), {
    ok: false,
    error: 'start_failed',
    reason: 'no',
  });
  assert.equal((await countSupervised(world.system, sup)).specs, 0);
});

test('[DynamicSupervisor start_child with throw/error/exit] a throw in the start function is an error of the start', async t => {
  const world = new World(t);
  const boom = new Error('boom');
  const sup = await dynamic(world, {
    child: () => ({
      id: 'x',
      start: () => {
        throw boom;
      },
    }),
  });
  assert.deepEqual(await startDynamicChild(world.system, sup, {}), {
    ok: false,
    error: 'start_failed',
    reason: { error: boom },
  });
  assert.ok(world.isAlive(sup));
});

test('[DynamicSupervisor start_child] a throw while the specification is made is an error of the start', async t => {
  const world = new World(t);
  const boom = new Error('boom');
  const sup = await dynamic(world, {
    child: () => {
      throw boom;
    },
  });
  assert.deepEqual(await startDynamicChild(world.system, sup, {}), {
    ok: false,
    error: 'start_failed',
    reason: { error: boom },
  });
});

test('[DynamicSupervisor max_children] one child too many is refused, and there is room again after an end', async t => {
  const world = new World(t);
  const sup = await dynamic(world, { maxChildren: 1 });
  const pid = await started(world, sup);
  assert.deepEqual(await startDynamicChild(world.system, sup, {}), { ok: false, error: 'max_children' });
  await terminateChild(world.system, sup, pid);
  await started(world, sup);
});

test('[DynamicSupervisor max_children] a restart keeps the place of the child', async t => {
  const world = new World(t);
  const sup = await dynamic(world, { maxChildren: 1, intensity: 1 });
  await world.end(await started(world, sup), 'abnormal');
  assert.equal((await countSupervised(world.system, sup)).active, 1);
  assert.deepEqual(await startDynamicChild(world.system, sup, {}), { ok: false, error: 'max_children' });
});

test('[DynamicSupervisor extra_arguments] what the specification adds is there at the start and at the restart', async t => {
  const world = new World(t);
  const seen: string[] = [];
  const spec = dynamicSupervisorSpec<string>({
    id: 'dyn',
    intensity: 1,
    child: id => child('x', { init: () => void seen.push(`extra:${id}`) as undefined }),
  });
  const sup = await startSupervisor(world.system, spec);
  const result = await startDynamicChild(world.system, sup, 'one');
  assert.ok(result.ok && result.pid !== undefined);
  await world.end(result.pid, 'abnormal');
  assert.deepEqual(seen, ['extra:one', 'extra:one']);
});

test('[supervisor_SUITE simple_one_for_one_extra] information from init is handed on', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const result = await startDynamicChild(world.system, sup, {
    init: () => initialized({ inbox: [], value: 0 }, { info: 42 }),
  });
  assert.equal(result.ok && result.info, 42);
});

test('[supervisor_SUITE simple_one_for_one] only the dead child is new; one restart too many ends the supervisor', async t => {
  const world = new World(t);
  const sup = await dynamic(world, { intensity: 2 });
  const gone = world.goneWith(sup);
  const first = await started(world, sup);
  const second = await started(world, sup);
  await world.end(first, 'abnormal');
  const pids = (await whichChildren(world.system, sup)).map(info => info.pid);
  assert.ok(pids.includes(second) && !pids.includes(first) && pids.length === 2);
  await world.end(second, 'abnormal');
  await world.end((await whichChildren(world.system, sup))[0]?.pid as Pid, 'abnormal');
  assert.equal(await gone, 'shutdown');
  assert.equal(world.system.counts.processes, 0);
});

test('[supervisor_SUITE simple_one_for_one_escalation] a restart that keeps failing ends the supervisor', async t => {
  const world = new World(t);
  let isBroken = false;
  const sup = await dynamic(world, { intensity: 4 });
  const gone = world.goneWith(sup);
  const pid = await started(world, sup, { init: () => (isBroken ? stop('no') : undefined) });
  isBroken = true;
  world.system.exit(pid, 'kill');
  assert.equal(await gone, 'shutdown');
});

test('[supervisor_SUITE simple_one_for_one_restart_ignore] a restart that is ignored removes the child and keeps the supervisor', async t => {
  const world = new World(t);
  let isIgnoring = false;
  const sup = await dynamic(world, { intensity: 1 });
  const pid = await started(world, sup, { init: () => (isIgnoring ? ignore() : undefined) });
  isIgnoring = true;
  await world.end(pid, 'abnormal');
  assert.deepEqual(await whichChildren(world.system, sup), []);
  assert.ok(world.isAlive(sup));
});

test('[supervisor_SUITE simple_one_for_one_corruption] the start function of a temporary child is not retained', async t => {
  const world = new World(t);
  const { DynamicSupervisorBody } = await import('../../../src/otp/dynamic-supervisor-body.ts');
  const start = child('x').start;
  const sup = await dynamic(world, { child: () => ({ id: 'x', start, restart: 'temporary' }) });
  await started(world, sup);
  const body = world.system.find(sup)?.body;
  assert.ok(body instanceof DynamicSupervisorBody);
  assert.notEqual([...body.children][0]?.spec.start, start);
});

test('[supervisor_SUITE which_children_simple_one_for_one] which_child and get_child_spec go by the pid', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const pid = await started(world, sup);
  assert.equal((await whichChild(world.system, sup, pid))?.pid, pid);
  assert.equal(await whichChild(world.system, sup, 'x'), undefined);
  assert.equal((await getChildSpec(world.system, sup, pid))?.restart, 'permanent');
});

test('[supervisor_SUITE count_children] a thousand dynamic children are counted', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  await Promise.all(Array.from({ length: 1_000 }, () => startDynamicChild(world.system, sup, {})));
  assert.deepEqual(await countSupervised(world.system, sup), {
    specs: 1_000,
    active: 1_000,
    supervisors: 0,
    workers: 1_000,
  });
});

test('[supervisor_SUITE transient_normal dynamic] a transient child that ends normally is forgotten', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  await world.end(await started(world, sup, { restart: 'transient' }), 'normal');
  assert.deepEqual(await whichChildren(world.system, sup), []);
});

test('[supervisor_SUITE scale_start_stop_many_children] ten times the children take about ten times the messages, not a hundred', async t => {
  const world = new World(t);
  const sup = await dynamic(world);
  const pids = await Promise.all(Array.from({ length: 3_000 }, () => started(world, sup)));
  await Promise.all(pids.map(pid => terminateChild(world.system, sup, pid)));
  await settle();
  assert.equal(world.system.counts.processes, 1);
});
