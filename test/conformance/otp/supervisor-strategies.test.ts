import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pid } from '../../../src/otp/pid.ts';
import { stop } from '../../../src/otp/results.ts';
import {
  asSupervisor,
  startChild,
  supervisorChild,
  terminateChild,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { type Strategy, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { type AgentArgs, child, settle, World } from './support.ts';

const ids = ['a', 'b', 'c'];

async function family(
  world: World,
  strategy: Strategy,
  intensity: number,
  args: Record<string, AgentArgs> = {},
) {
  const sup = await world.supervisor({
    strategy,
    intensity,
    children: ids.map(id => child(id, args[id] ?? {})),
  });
  const pids = async () => (await whichChildren(world.system, sup)).map(info => info.pid as Pid);
  return { sup, pids };
}

async function kept(world: World, strategy: Strategy, victim: number): Promise<boolean[]> {
  const { pids } = await family(world, strategy, 1);
  const before = await pids();
  await world.end(before[victim] as Pid, 'abnormal');
  const after = await pids();
  assert.ok(after.every(pid => world.isAlive(pid)));
  assert.ok(before.every((pid, i) => pid === after[i] || !world.isAlive(pid)));
  return before.map((pid, i) => pid === after[i]);
}

test('[supervisor_SUITE one_for_one] only the dead child is new', async t => {
  assert.deepEqual(await kept(new World(t), 'one_for_one', 1), [true, false, true]);
});

test('[supervisor_SUITE one_for_all] all children are new and no old one lives', async t => {
  assert.deepEqual(await kept(new World(t), 'one_for_all', 1), [false, false, false]);
});

test('[supervisor_SUITE rest_for_one] the dead child and those after it are new', async t => {
  assert.deepEqual(await kept(new World(t), 'rest_for_one', 1), [true, false, false]);
});

for (const strategy of ['one_for_one', 'one_for_all', 'rest_for_one'] as const) {
  test(`[supervisor_SUITE ${strategy}] with intensity 2 the third restart in the period ends the supervisor with shutdown`, async t => {
    const world = new World(t);
    const { sup, pids } = await family(world, strategy, 2);
    const gone = world.goneWith(sup);
    for (let i = 0; i < 3; i++) {
      assert.ok(world.isAlive(sup));
      await world.end((await pids())[0] as Pid, 'abnormal');
    }
    assert.equal(await gone, 'shutdown');
    assert.equal(world.system.counts.processes, 0);
  });

  test(`[supervisor_SUITE ${strategy}_escalation] a restart that keeps failing ends the supervisor and the siblings`, async t => {
    const world = new World(t);
    let isBroken = false;
    const { sup, pids } = await family(world, strategy, 4, {
      a: { init: () => (isBroken ? stop('no') : undefined) },
    });
    const gone = world.goneWith(sup);
    const [first] = await pids();
    isBroken = true;
    world.system.exit(first as Pid, 'kill');
    assert.equal(await gone, 'shutdown');
    assert.equal(world.system.counts.processes, 0);
    assert.equal(world.reports.filter(report => report.errorContext === 'start_error').length, 4);
  });
}

function failingOnce(world: { failures: number }): AgentArgs {
  return { init: () => (world.failures-- > 0 ? stop('not yet') : undefined) };
}

test('[supervisor_SUITE one_for_all_other_child_fails_restart] if the second child does not start, the first is stopped again and the whole group is tried again', async t => {
  const world = new World(t);
  const plan = { failures: 0 };
  const ends: string[] = [];
  const { pids } = await family(world, 'one_for_all', 3, {
    a: { terminate: reason => void ends.push(String(reason)) },
    b: failingOnce(plan),
  });
  const before = await pids();
  plan.failures = 1;
  await world.end(before[2] as Pid, 'abnormal');
  await settle();
  const after = await pids();
  assert.ok(after.every((pid, i) => world.isAlive(pid) && pid !== before[i]));
  assert.deepEqual(ends, ['shutdown', 'shutdown']);
});

test('[supervisor_SUITE rest_for_one_other_child_fails_restart] if the second child does not start, the retry begins there and the first is kept', async t => {
  const world = new World(t);
  const plan = { failures: 0 };
  const starts: string[] = [];
  const { pids } = await family(world, 'rest_for_one', 3, {
    a: { init: () => void starts.push('a') as undefined },
    b: failingOnce(plan),
  });
  plan.failures = 1;
  await world.end((await pids())[0] as Pid, 'abnormal');
  await settle();
  assert.ok((await pids()).every(pid => world.isAlive(pid)));
  assert.deepEqual(starts, ['a', 'a']);
});

test('[supervisor_SUITE temporary_bystander] a temporary sibling stopped with its group is removed, not restarted', async t => {
  for (const strategy of ['one_for_all', 'rest_for_one'] as const) {
    const world = new World(t);
    const sup = await world.supervisor({
      strategy,
      intensity: 1,
      children: [child('a'), child('b', {}, { restart: 'temporary' })],
    });
    const bystander = await world.child(sup, 'b');
    await world.end(await world.child(sup, 'a'), 'abnormal');
    assert.ok(!world.isAlive(bystander));
    assert.deepEqual(
      (await whichChildren(world.system, sup)).map(info => info.id),
      ['a'],
    );
  }
});

test('[supervisor_SUITE tree] only the faulty branch restarts', async t => {
  const world = new World(t);
  const branch = (id: string) =>
    supervisorSpec({
      id,
      strategy: 'one_for_all',
      intensity: 1,
      children: [child(`${id}1`), child(`${id}2`)],
    });
  const sup = await world.supervisor({
    children: [supervisorChild(branch('x')), supervisorChild(branch('y'))],
  });
  const inside = async (id: string) => {
    const pid = asSupervisor(world.system, await world.child(sup, id));
    assert.ok(pid !== undefined);
    return { pid, children: (await whichChildren(world.system, pid)).map(info => info.pid as Pid) };
  };
  const x = await inside('x');
  const y = await inside('y');
  await world.end(x.children[0] as Pid, 'abnormal');
  const after = await inside('x');
  assert.equal(after.pid, x.pid);
  assert.ok(after.children.every((pid, i) => pid !== x.children[i]));
  assert.deepEqual((await inside('y')).children, y.children);
});

test('[supervisor_SUITE tree] after an escalation the static children return, those added later do not', async t => {
  const world = new World(t);
  const branch = supervisorSpec({
    id: 'x',
    strategy: 'one_for_one',
    intensity: 0,
    children: [child('static')],
  });
  const sup = await world.supervisor({ intensity: 1, children: [supervisorChild(branch)] });
  const first = await world.child(sup, 'x');
  await startChild(world.system, first as never, child('added'));
  const inside = await whichChildren(world.system, first as never);
  await world.end(inside[0]?.pid as Pid, 'abnormal');
  const second = await world.child(sup, 'x');
  assert.notEqual(second, first);
  const children = await whichChildren(world.system, second as never);
  assert.deepEqual(
    children.map(info => info.id),
    ['static'],
  );
});

test('[supervisor_SUITE tree] a transient child that was terminated comes back with its group under one_for_all', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    strategy: 'one_for_all',
    intensity: 1,
    children: [child('a'), child('b', {}, { restart: 'transient' })],
  });
  await terminateChild(world.system, sup, 'b');
  assert.equal((await whichChild(world.system, sup, 'b'))?.pid, undefined);
  await world.end(await world.child(sup, 'a'), 'abnormal');
  assert.ok((await whichChild(world.system, sup, 'b'))?.pid !== undefined);
});

test('[supervisor_SUITE multiple_restarts] restarts further apart than the period never reach the limit', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 1, periodMs: 1_000, children: [child('a')] });
  for (let i = 0; i < 5; i++) {
    await world.end(await world.child(sup, 'a'), 'abnormal');
    await world.clock.advanceAndSettle(2_100);
  }
  assert.ok(world.isAlive(sup));
  assert.equal((await whichChild(world.system, sup, 'a'))?.restarts, 5);
});

test('[supervisor_SUITE simple_global_supervisor] a killed supervisor is restarted by its parent, and the names of its children are taken again', async t => {
  const world = new World(t);
  const { processName } = await import('../../../src/otp/process-name.ts');
  const { serverChild } = await import('../../../src/otp/child-spec.ts');
  const { agent } = await import('./support.ts');
  const name = processName<never, never, never>({ type: 'agent', id: 'named' });
  const branch = supervisorSpec({
    id: 'branch',
    strategy: 'one_for_one',
    children: [serverChild({ id: 'a', server: agent, args: {}, name: name as never })],
  });
  const sup = await world.supervisor({ intensity: 1, children: [supervisorChild(branch)] });
  const before = world.system.registry.whereis(name);
  world.system.exit(await world.child(sup, 'branch'), 'kill');
  await settle();
  await world.child(sup, 'branch');
  const after = world.system.registry.whereis(name);
  assert.ok(before !== undefined && after !== undefined && before !== after);
  assert.ok(!world.isAlive(before));
});
