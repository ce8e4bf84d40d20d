import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignificantChildSpec } from '../../../src/otp/child-spec.ts';
import { changeSpec, supervisorChild, terminateChild, whichChildren } from '../../../src/otp/supervisor.ts';
import type { AutoShutdown } from '../../../src/otp/supervisor-spec.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { child, settle, World } from './support.ts';

const significant = (id: string, restart: 'transient' | 'temporary'): SignificantChildSpec => ({
  ...child(id),
  restart,
  significant: true,
});

for (const autoShutdown of ['never', 'any_significant', 'all_significant'] as const) {
  for (const restart of ['temporary', 'transient'] as const) {
    test(`[supervisor_SUITE nonsignificant_${restart}] the end of a child that is not significant never ends the supervisor (${autoShutdown})`, async t => {
      const world = new World(t);
      const sup = await world.supervisor({
        autoShutdown: autoShutdown as never,
        children: [child('a', {}, { restart })],
      });
      await world.end(await world.child(sup, 'a'), 'normal');
      assert.ok(world.isAlive(sup));
    });
  }
}

for (const reason of ['normal', 'abnormal'] as const) {
  test(`[supervisor_SUITE significant_temporary] any_significant: the first end of a significant child ends the supervisor with shutdown (${reason})`, async t => {
    const world = new World(t);
    const sup = await world.supervisor({
      autoShutdown: 'any_significant',
      children: [significant('a', 'temporary'), significant('b', 'temporary')],
    });
    const gone = world.goneWith(sup);
    await world.end(await world.child(sup, 'a'), reason);
    assert.equal(await gone, 'shutdown');
    assert.equal(world.system.counts.processes, 0);
  });
}

test('[supervisor_SUITE significant_temporary] all_significant: only the last end of a significant child ends the supervisor', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    autoShutdown: 'all_significant',
    children: [significant('a', 'temporary'), significant('b', 'temporary'), child('c')],
  });
  const gone = world.goneWith(sup);
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.ok(world.isAlive(sup));
  await world.end(await world.child(sup, 'b'), 'normal');
  assert.equal(await gone, 'shutdown');
});

test('[supervisor_SUITE significant_transient] an abnormal end restarts the child, a normal end ends the supervisor', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    autoShutdown: 'any_significant',
    intensity: 5,
    children: [significant('a', 'transient')],
  });
  const first = await world.child(sup, 'a');
  world.system.exit(first, 'kill');
  await settle();
  const second = await world.child(sup, 'a');
  await world.end(second, 'abnormal');
  assert.ok(world.isAlive(sup));
  const gone = world.goneWith(sup);
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.equal(await gone, 'shutdown');
});

test('[supervisor_SUITE significant_transient] all_significant: the last normal end ends the supervisor', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    autoShutdown: 'all_significant',
    children: [significant('a', 'transient'), significant('b', 'transient')],
  });
  const gone = world.goneWith(sup);
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.ok(world.isAlive(sup));
  await world.end(await world.child(sup, 'b'), 'normal');
  assert.equal(await gone, 'shutdown');
});

test('[supervisor_SUITE significant_transient] terminate_child never triggers the shutdown', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    autoShutdown: 'any_significant',
    children: [significant('a', 'transient'), significant('b', 'temporary')],
  });
  await terminateChild(world.system, sup, 'a');
  await terminateChild(world.system, sup, 'b');
  await settle();
  assert.ok(world.isAlive(sup));
});

test('[supervisor_SUITE significant_bystander] a significant sibling stopped with its group does not trigger the shutdown', async t => {
  for (const strategy of ['one_for_all', 'rest_for_one'] as const) {
    const world = new World(t);
    const sup = await world.supervisor({
      strategy,
      intensity: 1,
      autoShutdown: 'any_significant',
      children: [child('a'), significant('transient', 'transient'), significant('temporary', 'temporary')],
    });
    await world.end(await world.child(sup, 'a'), 'abnormal');
    assert.ok(world.isAlive(sup));
    assert.deepEqual(
      (await whichChildren(world.system, sup)).map(info => info.id),
      ['a', 'transient'],
    );
  }
});

test('[supervisor_SUITE significant_escalation] the shutdown of a significant supervisor goes on upwards', async t => {
  const world = new World(t);
  const branch = supervisorSpec({
    id: 'branch',
    strategy: 'one_for_one',
    autoShutdown: 'any_significant',
    children: [significant('leaf', 'transient')],
  });
  const sup = await world.supervisor({
    autoShutdown: 'any_significant',
    children: [supervisorChild(branch, { restart: 'transient', significant: true })],
  });
  const gone = world.goneWith(sup);
  const inner = (await world.child(sup, 'branch')) as typeof sup;
  await world.end(await world.child(inner, 'leaf'), 'normal');
  assert.equal(await gone, 'shutdown');
});

const upgrades: readonly (readonly [string, AutoShutdown, AutoShutdown, boolean])[] = [
  ['any_never', 'any_significant', 'never', true],
  ['any_all', 'any_significant', 'all_significant', true],
  ['all_any', 'all_significant', 'any_significant', false],
];

for (const [name, from, to, survives] of upgrades) {
  test(`[supervisor_SUITE significant_upgrade_${name}] the changed flag counts for the next end`, async t => {
    const world = new World(t);
    const children =
      to === 'never'
        ? [child('a', {}, { restart: 'temporary' }), child('b', {}, { restart: 'temporary' })]
        : [significant('a', 'temporary'), significant('b', 'temporary')];
    const sup = await world.supervisor({
      autoShutdown: from as 'any_significant',
      children: [significant('a', 'temporary'), significant('b', 'temporary')],
    });
    const changed = supervisorSpec({
      id: 'sup',
      strategy: 'one_for_one',
      autoShutdown: to as 'any_significant',
      children: children as SignificantChildSpec[],
    });
    assert.deepEqual(await changeSpec(world.system, sup, changed), { ok: true });
    await world.end(await world.child(sup, 'a'), 'normal');
    assert.equal(world.isAlive(sup), survives);
  });
}

test('[supervisor_SUITE significant_upgrade_child] a child that became significant triggers the shutdown', async t => {
  const world = new World(t);
  const flags = { id: 'sup', strategy: 'one_for_one', autoShutdown: 'any_significant' } as const;
  const sup = await world.supervisor({ ...flags, children: [child('a', {}, { restart: 'temporary' })] });
  await changeSpec(
    world.system,
    sup,
    supervisorSpec({ ...flags, children: [significant('a', 'temporary')] }),
  );
  const gone = world.goneWith(sup);
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.equal(await gone, 'shutdown');
});
