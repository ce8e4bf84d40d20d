import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartResult } from '../../../src/otp/process.ts';
import {
  startChild,
  startDynamicChild,
  startSupervisor,
  tryStartSupervisor,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { dynamicSupervisorSpec, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { Sys } from '../../../src/otp/sys.ts';
import { child, forever, settle, World } from './support.ts';

test('[docs/otp.md] a supervisor that is told to stop while the init of a child hangs gives the child up and stops the others', async t => {
  const world = new World(t);
  const ends: string[] = [];
  const sup = await world.supervisor({ children: [child('a', { terminate: () => void ends.push('a') })] });
  const hanging = child('b', { trapExit: true, init: () => forever() as never });
  const starting = startChild(world.system, sup, hanging);
  await settle();
  const gone = world.goneWith(sup);
  world.system.exit(sup, 'shutdown');
  assert.equal(await gone, 'shutdown');
  await starting.catch(() => {});
  assert.deepEqual(ends, ['a']);
  assert.equal(world.system.counts.processes, 0);
});

test('[docs/otp.md] the same while the supervisor itself starts', async t => {
  const world = new World(t);
  const ends: string[] = [];
  const children = [
    child('a', { terminate: () => void ends.push('a') }),
    child('b', { init: () => forever() as never }),
  ];
  const starting = tryStartSupervisor(
    world.system,
    supervisorSpec({ id: 'sup', strategy: 'one_for_one', children }),
  );
  await settle();
  for (const process of world.system.processes()) {
    if (process.pid.label === 'sup') world.system.exit(process.pid, 'shutdown');
  }
  const result = await starting;
  assert.deepEqual(result, { kind: 'error', reason: 'shutdown' });
  assert.deepEqual(ends, ['a']);
  assert.equal(world.system.counts.processes, 0);
});

test('[nact N1] a killed supervisor takes its children with it, one that is in its init included', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a'), child('b')] });
  startChild(world.system, sup, child('c', { init: () => forever() as never })).catch(() => {});
  await settle();
  assert.equal(world.system.counts.processes, 4);
  world.system.exit(sup, 'kill');
  await settle();
  assert.equal(world.system.counts.processes, 0);
});

test('[nact N7] a child that keeps failing to start does not starve the event loop', async t => {
  const world = new World(t);
  let isBroken = false;
  const sup = await world.supervisor({
    intensity: 1_000_000,
    children: [
      child('a', {
        init: () => {
          if (isBroken) throw new Error('still broken');
          return undefined;
        },
      }),
    ],
  });
  isBroken = true;
  world.system.exit(await world.child(sup, 'a'), 'kill');
  let turns = 0;
  for (; turns < 100; turns++) await new Promise(resolve => setImmediate(resolve));
  assert.equal(turns, 100);
  isBroken = false;
  await world.child(sup, 'a');
});

test('[docs/otp.md] a process that a start function did not link is linked by the supervisor, and restarted', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    intensity: 1,
    children: [
      {
        id: 'loose',
        start: async (): Promise<StartResult> => ({ kind: 'ok', pid: await world.agent() }),
      },
    ],
  });
  const first = await world.child(sup, 'loose');
  await world.end(first, 'abnormal');
  assert.notEqual(await world.child(sup, 'loose'), first);
});

test('[supervisor_SUITE tree] a whole tree of static and dynamic supervisors stops with its root', async t => {
  const world = new World(t);
  const dynamic = dynamicSupervisorSpec<string>({ id: 'dyn', child: id => child(id) });
  const sup = await world.supervisor({ children: [child('a')] });
  const inner = await startSupervisor(world.system, dynamic, { parent: sup });
  await startDynamicChild(world.system, inner, 'x');
  assert.equal((await whichChildren(world.system, inner)).length, 1);
  await world.system.stop();
  assert.equal(world.system.counts.processes, 0);
});

test('[sys_SUITE replace_state supervisor] the children of a supervisor cannot be replaced', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a')] });
  await assert.rejects(
    new Sys(world.system).replaceState(sup, () => []),
    /cannot be replaced/,
  );
  assert.ok(world.isAlive(sup));
});
