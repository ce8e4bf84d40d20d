import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stop } from '../../../src/otp/results.ts';
import {
  asSupervisor,
  countSupervised,
  deleteChild,
  restartChild,
  startChild,
  startDynamicChild,
  startSupervisor,
  terminateChild,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { dynamicSupervisorSpec, type Strategy } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { child, settle, World } from './support.ts';

const endless = 1_000_000;

/** A supervisor whose second child died and cannot be restarted. */
async function looping(world: World, strategy: Strategy) {
  const plan = { isBroken: false };
  const sup = await world.supervisor({
    strategy,
    intensity: endless,
    children: [child('a'), child('b', { init: () => (plan.isBroken ? stop('no') : undefined) })],
  });
  const dead = await world.child(sup, 'b');
  plan.isBroken = true;
  world.system.exit(dead, 'kill');
  await eventually(async () => (await whichChild(world.system, sup, 'b'))?.status === 'restarting');
  return { sup, plan, dead };
}

for (const strategy of ['one_for_one', 'rest_for_one'] as const) {
  test(`[supervisor_SUITE hanging_restart_loop] while a child cannot restart, the supervisor answers, and shows it as restarting (${strategy})`, async t => {
    const world = new World(t);
    const { sup } = await looping(world, strategy);
    assert.equal((await whichChild(world.system, sup, 'b'))?.status, 'restarting');
    assert.deepEqual(await startChild(world.system, sup, child('b')), {
      ok: false,
      error: 'already_present',
    });
    assert.deepEqual(await restartChild(world.system, sup, 'b'), { ok: false, error: 'restarting' });
    assert.deepEqual(await deleteChild(world.system, sup, 'b'), { ok: false, error: 'restarting' });
    assert.ok((await whichChild(world.system, sup, 'a'))?.pid !== undefined);
  });

  test(`[supervisor_SUITE hanging_restart_loop] terminate_child ends the loop (${strategy})`, async t => {
    const world = new World(t);
    const { sup, plan } = await looping(world, strategy);
    assert.deepEqual(await terminateChild(world.system, sup, 'b'), { ok: true });
    plan.isBroken = false;
    await settle();
    assert.equal((await whichChild(world.system, sup, 'b'))?.status, 'undefined');
    const again = await restartChild(world.system, sup, 'b');
    assert.ok(again.ok);
  });

  test(`[supervisor_SUITE hanging_restart_loop] a supervisor in the loop can be shut down (${strategy})`, async t => {
    const world = new World(t);
    const { sup } = await looping(world, strategy);
    const gone = world.goneWith(sup);
    world.system.exit(sup, 'shutdown');
    assert.equal(await gone, 'shutdown');
    assert.equal(world.system.counts.processes, 0);
  });
}

test('[supervisor_SUITE hanging_restart_loop] the child runs again as soon as it can', async t => {
  const world = new World(t);
  const { sup, plan } = await looping(world, 'one_for_one');
  plan.isBroken = false;
  await world.child(sup, 'b');
});

test('[supervisor_SUITE count_restarting_children] a child in a restart loop counts as a worker, not as active', async t => {
  const world = new World(t);
  const { sup } = await looping(world, 'one_for_one');
  assert.deepEqual(await countSupervised(world.system, sup), {
    specs: 2,
    active: 1,
    supervisors: 0,
    workers: 2,
  });
});

async function loopingDynamic(world: World) {
  const plan = { isBroken: false };
  const spec = dynamicSupervisorSpec<string>({
    id: 'dyn',
    intensity: endless,
    child: id => child(id, { init: () => (plan.isBroken ? stop('no') : undefined) }),
  });
  const sup = await startSupervisor(world.system, spec);
  const started = await startDynamicChild(world.system, sup, 'x');
  assert.ok(started.ok && started.pid !== undefined);
  plan.isBroken = true;
  world.system.exit(started.pid, 'kill');
  await eventually(async () => (await whichChildren(world.system, sup))[0]?.status === 'restarting');
  return { sup, plan, dead: started.pid };
}

test('[supervisor_SUITE hanging_restart_loop_simple] a dynamic child that cannot restart is shown as restarting, and counts as a worker', async t => {
  const world = new World(t);
  const { sup } = await loopingDynamic(world);
  assert.deepEqual(await countSupervised(world.system, sup), {
    specs: 1,
    active: 0,
    supervisors: 0,
    workers: 1,
  });
  const gone = world.goneWith(sup);
  world.system.exit(sup, 'shutdown');
  assert.equal(await gone, 'shutdown');
});

test('[DynamicSupervisor terminate_child restarting child] works by the old pid, and a second time is not_found', async t => {
  const world = new World(t);
  const { sup, plan, dead } = await loopingDynamic(world);
  assert.deepEqual(await terminateChild(world.system, sup, dead), { ok: true });
  assert.deepEqual(await terminateChild(world.system, sup, dead), { ok: false, error: 'not_found' });
  plan.isBroken = false;
  await settle();
  assert.deepEqual(await whichChildren(world.system, sup), []);
  assert.equal(asSupervisor(world.system, sup), sup);
});

test('[DynamicSupervisor child is restarted when trying again] a dynamic child runs again as soon as it can', async t => {
  const world = new World(t);
  const { sup, plan, dead } = await loopingDynamic(world);
  plan.isBroken = false;
  await eventually(async () => (await whichChildren(world.system, sup))[0]?.status === 'running');
  const [info] = await whichChildren(world.system, sup);
  assert.notEqual(info?.pid, dead);
});
