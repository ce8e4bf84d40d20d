import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changeSpec,
  getChildSpec,
  restartChild,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { type SupervisorSpec, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { child, World } from './support.ts';

const spec = (fields: Partial<SupervisorSpec>): SupervisorSpec => ({
  ...supervisorSpec({ id: 'sup', strategy: 'one_for_one', intensity: 1, children: [child('a')] }),
  ...fields,
});

test('[supervisor_SUITE code_change] new flags count from now on', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 0, children: [child('a')] });
  assert.deepEqual(await changeSpec(world.system, sup, spec({ intensity: 1 })), { ok: true });
  await world.end(await world.child(sup, 'a'), 'abnormal');
  assert.ok(world.isAlive(sup));
});

test('[supervisor_SUITE code_change] wrong flags are refused and the old ones kept', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 1, children: [child('a')] });
  assert.deepEqual(await changeSpec(world.system, sup, spec({ strategy: 'nothing' as never })), {
    ok: false,
    reason: { code: 'invalid_strategy', value: 'nothing' },
  });
  await world.end(await world.child(sup, 'a'), 'abnormal');
  assert.ok(world.isAlive(sup));
});

test('[supervisor_SUITE code_change] wrong child specifications are refused and the old ones kept', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a')] });
  const result = await changeSpec(world.system, sup, spec({ children: [child('a'), child('a')] }));
  assert.deepEqual(result, { ok: false, reason: { code: 'duplicate_child_name', value: 'a' } });
  assert.equal((await whichChildren(world.system, sup)).length, 1);
});

test('[supervisor_SUITE code_change] added children are not started by it', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a')] });
  const before = await world.child(sup, 'a');
  await changeSpec(world.system, sup, spec({ children: [child('b'), child('a')] }));
  assert.equal((await whichChild(world.system, sup, 'b'))?.status, 'undefined');
  assert.equal(await world.child(sup, 'a'), before);
  assert.ok((await restartChild(world.system, sup, 'b')).ok);
});

test('[supervisor_SUITE code_change] removed children keep running', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a'), child('b')] });
  const b = await world.child(sup, 'b');
  await changeSpec(world.system, sup, spec({ children: [child('a')] }));
  assert.equal((await whichChild(world.system, sup, 'b'))?.pid, b);
});

test('[supervisor_SUITE code_change] a changed child specification takes effect', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a')] });
  await changeSpec(
    world.system,
    sup,
    spec({ children: [child('a', {}, { restart: 'transient', shutdown: 7 })] }),
  );
  assert.equal((await getChildSpec(world.system, sup, 'a'))?.shutdown, 7);
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.equal((await whichChild(world.system, sup, 'a'))?.status, 'undefined');
});
