import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Restart } from '../../../src/otp/child-spec.ts';
import type { ExitReason } from '../../../src/otp/exit-reason.ts';
import { restartChild, whichChild } from '../../../src/otp/supervisor.ts';
import { child, World } from './support.ts';

async function endOf(world: World, restart: Restart, reason: ExitReason) {
  const sup = await world.supervisor({ intensity: 1, children: [child('a', {}, { restart }), child('b')] });
  const pid = await world.child(sup, 'a');
  const sibling = await world.child(sup, 'b');
  await world.end(pid, reason);
  const info = await whichChild(world.system, sup, 'a');
  assert.equal(await world.child(sup, 'b'), sibling);
  return { sup, pid, info };
}

const reasons: readonly (readonly [string, ExitReason])[] = [
  ['normal', 'normal'],
  ['shutdown', 'shutdown'],
  ['{shutdown, _}', { shutdown: 'told' }],
  ['abnormal', 'abnormal'],
];

for (const [name, reason] of reasons) {
  test(`[supervisor_SUITE permanent_${name}] a permanent child is restarted after ${name}`, async t => {
    const world = new World(t);
    const { pid, info } = await endOf(world, 'permanent', reason);
    assert.equal(info?.status, 'running');
    assert.notEqual(info?.pid, pid);
    assert.equal(info?.restarts, 1);
  });

  test(`[supervisor_SUITE temporary_${name}] a temporary child is gone after ${name}, with its specification`, async t => {
    const world = new World(t);
    const { info } = await endOf(world, 'temporary', reason);
    assert.equal(info, undefined);
  });
}

for (const [name, reason] of reasons.slice(0, 3)) {
  test(`[supervisor_SUITE transient_${name}] a transient child stays stopped after ${name}; restart_child brings it back`, async t => {
    const world = new World(t);
    const { sup, info } = await endOf(world, 'transient', reason);
    assert.deepEqual([info?.status, info?.pid], ['undefined', undefined]);
    const restarted = await restartChild(world.system, sup, 'a');
    assert.ok(restarted.ok && restarted.pid !== undefined);
  });
}

test('[supervisor_SUITE transient_abnormal] a transient child is restarted after an abnormal end', async t => {
  const world = new World(t);
  const { pid, info } = await endOf(world, 'transient', 'abnormal');
  assert.equal(info?.status, 'running');
  assert.notEqual(info?.pid, pid);
});

test('[supervisor_SUITE transient_abnormal] a kill is abnormal', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 1, children: [child('a', {}, { restart: 'transient' })] });
  const pid = await world.child(sup, 'a');
  world.system.exit(pid, 'kill');
  assert.notEqual(await world.child(sup, 'a'), pid);
});
