import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import {
  asSupervisor,
  countSupervised,
  deleteChild,
  restartChild,
  startChild,
  supervisorChild,
  terminateChild,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { child, World } from './support.ts';

async function one(world: World) {
  const sup = await world.supervisor({ children: [child('a')] });
  return { sup, pid: await world.child(sup, 'a') };
}

test('[supervisor_SUITE child_adm] starting a running child returns already_started with its pid', async t => {
  const world = new World(t);
  const { sup, pid } = await one(world);
  assert.deepEqual(await startChild(world.system, sup, child('a')), {
    ok: false,
    error: 'already_started',
    pid,
  });
});

test('[supervisor_SUITE child_adm] starting a stopped child returns already_present', async t => {
  const world = new World(t);
  const { sup } = await one(world);
  await terminateChild(world.system, sup, 'a');
  assert.deepEqual(await startChild(world.system, sup, child('a')), { ok: false, error: 'already_present' });
});

test('[supervisor_SUITE child_adm] terminating an unknown child is not_found, terminating twice is fine', async t => {
  const world = new World(t);
  const { sup } = await one(world);
  assert.deepEqual(await terminateChild(world.system, sup, 'b'), { ok: false, error: 'not_found' });
  assert.deepEqual(await terminateChild(world.system, sup, 'a'), { ok: true });
  assert.deepEqual(await terminateChild(world.system, sup, 'a'), { ok: true });
});

test('[supervisor_SUITE child_adm] restart_child: running, not_found, and ok with a new pid once stopped', async t => {
  const world = new World(t);
  const { sup, pid } = await one(world);
  assert.deepEqual(await restartChild(world.system, sup, 'a'), { ok: false, error: 'running' });
  assert.deepEqual(await restartChild(world.system, sup, 'b'), { ok: false, error: 'not_found' });
  await terminateChild(world.system, sup, 'a');
  const restarted = await restartChild(world.system, sup, 'a');
  assert.ok(restarted.ok && restarted.pid !== undefined && restarted.pid !== pid);
});

test('[supervisor_SUITE child_adm] delete_child: running, not_found, and ok once stopped', async t => {
  const world = new World(t);
  const { sup } = await one(world);
  assert.deepEqual(await deleteChild(world.system, sup, 'a'), { ok: false, error: 'running' });
  assert.deepEqual(await deleteChild(world.system, sup, 'b'), { ok: false, error: 'not_found' });
  await terminateChild(world.system, sup, 'a');
  assert.deepEqual(await deleteChild(world.system, sup, 'a'), { ok: true });
  assert.deepEqual(await restartChild(world.system, sup, 'a'), { ok: false, error: 'not_found' });
});

test('[supervisor_SUITE child_adm] terminating by pid under a static supervisor is not_found', async t => {
  const world = new World(t);
  const { sup, pid } = await one(world);
  assert.deepEqual(await terminateChild(world.system, sup, pid), { ok: false, error: 'not_found' });
  assert.ok(world.isAlive(pid));
});

test('[supervisor_SUITE child_adm] every call to a dead supervisor fails with noproc', async t => {
  const world = new World(t);
  const { sup } = await one(world);
  await world.system.stopProcess(sup, 'shutdown');
  const calls = [
    whichChildren(world.system, sup),
    countSupervised(world.system, sup),
    startChild(world.system, sup, child('b')),
    terminateChild(world.system, sup, 'a'),
    deleteChild(world.system, sup, 'a'),
  ];
  for (const call of calls) {
    await assert.rejects(call, (error: unknown) => error instanceof OtpError && error.code === 'call_noproc');
  }
});

test('[supervisor_SUITE which_children] lists id, pid and type in the order of the start; which_child finds by id and by pid', async t => {
  const world = new World(t);
  const branch = supervisorSpec({ id: 'branch', strategy: 'one_for_one', children: [] });
  const sup = await world.supervisor({ children: [child('a'), supervisorChild(branch)] });
  const [a, b] = await whichChildren(world.system, sup);
  assert.deepEqual([a?.id, a?.type, b?.id, b?.type], ['a', 'worker', 'branch', 'supervisor']);
  assert.ok(a?.pid !== undefined);
  assert.deepEqual(await whichChild(world.system, sup, a.pid), a);
  assert.equal(await whichChild(world.system, sup, 'c'), undefined);
  assert.equal(asSupervisor(world.system, a.pid), undefined);
  assert.equal(asSupervisor(world.system, b?.pid), b?.pid);
});

test('[supervisor_SUITE count_children] counts specifications, running processes, workers and supervisors', async t => {
  const world = new World(t);
  const branch = supervisorSpec({ id: 'branch', strategy: 'one_for_one', children: [] });
  const sup = await world.supervisor({ children: [child('a'), child('b'), supervisorChild(branch)] });
  await terminateChild(world.system, sup, 'a');
  assert.deepEqual(await countSupervised(world.system, sup), {
    specs: 3,
    active: 2,
    supervisors: 1,
    workers: 2,
  });
});

test('[supervisor_SUITE child_specs] start_child refuses a wrong specification with its own error, and keeps nothing', async t => {
  const world = new World(t);
  const { sup } = await one(world);
  const wrong = { ...child('b'), restart: 'sometimes' } as never;
  assert.deepEqual(await startChild(world.system, sup, wrong), {
    ok: false,
    error: 'invalid_spec',
    reason: { code: 'invalid_restart_type', value: 'sometimes' },
  });
  assert.equal((await countSupervised(world.system, sup)).specs, 1);
});

test('[supervisor_SUITE do_not_save_child_specs_for_temporary_children] a temporary child leaves nothing behind, however it ends', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [] });
  for (const reason of ['kill', 'normal', 'abnormal', 'terminate']) {
    await startChild(world.system, sup, child('a', {}, { restart: 'temporary' }));
    const pid = await world.child(sup, 'a');
    if (reason === 'terminate') await terminateChild(world.system, sup, 'a');
    else if (reason === 'kill') world.system.exit(pid, 'kill');
    else await world.end(pid, reason);
    assert.deepEqual(await whichChildren(world.system, sup), [], reason);
  }
});

test('[supervisor_SUITE child_adm] a child that was added comes last: stopped first, and after the others in rest_for_one', async t => {
  const world = new World(t);
  const order: string[] = [];
  const noted = (id: string) => child(id, { terminate: () => void order.push(id) });
  const sup = await world.supervisor({ children: [noted('z'), noted('y')] });
  await startChild(world.system, sup, noted('a'));
  await world.system.stopProcess(sup, 'shutdown');
  assert.deepEqual(order, ['a', 'y', 'z']);
});
