import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitReason } from '../../../src/otp/exit-reason.ts';
import type { Pid } from '../../../src/otp/pid.ts';
import {
  startDynamicChild,
  startSupervisor,
  terminateChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { dynamicSupervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { type AgentArgs, type AgentPid, child, forever, settle, World } from './support.ts';

/** Ends of processes, noted as they happen. */
async function stopAndNote(world: World, sup: Pid, pids: readonly Pid[]): Promise<ExitReason[]> {
  const ends = pids.map(pid => world.goneWith(pid));
  world.system.exit(sup, 'shutdown');
  await settle();
  return Promise.all(ends);
}

test('[supervisor_SUITE sup_stop_infinity] shutdown infinity waits for a worker, which ends with shutdown', async t => {
  const world = new World(t);
  const release = Promise.withResolvers<void>();
  const sup = await world.supervisor({
    children: [child('a', { terminate: () => release.promise }, { shutdown: 'infinity' })],
  });
  const pid = await world.child(sup, 'a');
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(3_600_000);
  assert.ok(world.isAlive(sup));
  const gone = world.goneWith(pid);
  release.resolve();
  assert.equal(await gone, 'shutdown');
  await settle();
  assert.ok(!world.isAlive(sup));
});

test('[supervisor_SUITE sup_stop_timeout] a child too slow for its shutdown time is killed, its prompt sibling ends with shutdown', async t => {
  const world = new World(t);
  const called: string[] = [];
  const sup = await world.supervisor({
    children: [
      child('prompt', { terminate: () => void called.push('prompt') }, { shutdown: 1_000 }),
      child('slow', { terminate: () => forever(called.push('slow')) }, { shutdown: 1_000 }),
    ],
  });
  const pids = [await world.child(sup, 'prompt'), await world.child(sup, 'slow')];
  const ends = Promise.all(pids.map(pid => world.goneWith(pid)));
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(999);
  assert.deepEqual(
    pids.map(pid => world.isAlive(pid)),
    [true, true],
  );
  await world.clock.advanceAndSettle(1);
  assert.deepEqual(await ends, ['shutdown', 'killed']);
  assert.deepEqual(called, ['slow', 'prompt']);
});

test('[supervisor_SUITE sup_stop_brutal_kill] brutal_kill ends a child with killed and without terminate', async t => {
  const world = new World(t);
  let called = false;
  const terminate = () => {
    called = true;
  };
  const sup = await world.supervisor({ children: [child('a', { terminate }, { shutdown: 'brutal_kill' })] });
  assert.deepEqual(await stopAndNote(world, sup, [await world.child(sup, 'a')]), ['killed']);
  assert.equal(called, false);
});

test('[supervisor_SUITE sup_stop_race] children that end by themselves while the supervisor stops do not hang or fail it, and keep their reasons', async t => {
  const world = new World(t);
  const reasons: ExitReason[] = ['normal', 'shutdown', { shutdown: 'x' }, 'other'];
  const sup = await world.supervisor({
    children: reasons.map((_reason, i) => child(`c${i}`, {}, { restart: 'transient' })),
  });
  const pids = await Promise.all(reasons.map((_reason, i) => world.child(sup, `c${i}`)));
  const supGone = world.goneWith(sup);
  const ends = pids.map(pid => world.goneWith(pid));
  world.system.exit(sup, 'shutdown');
  for (const [i, pid] of pids.entries()) world.system.find(pid)?.die(reasons[i] as ExitReason);
  assert.equal(await supGone, 'shutdown');
  assert.deepEqual(await Promise.all(ends), reasons);
});

test('[supervisor_SUITE order_of_children] shutdown stops all in the reverse order of their start', async t => {
  const world = new World(t);
  const order: string[] = [];
  const ids = ['c', 'a', 'b'];
  const sup = await world.supervisor({
    children: ids.map(id => child(id, { terminate: () => void order.push(id) })),
  });
  await stopAndNote(world, sup, [sup]);
  assert.deepEqual(order, ['b', 'a', 'c']);
});

test('[supervisor_SUITE order_of_children rest_for_one] the later children are stopped in reverse order', async t => {
  const world = new World(t);
  const order: string[] = [];
  const ids = ['a', 'b', 'c', 'd'];
  const sup = await world.supervisor({
    strategy: 'rest_for_one',
    intensity: 1,
    children: ids.map(id => child(id, id === 'b' ? {} : { terminate: () => void order.push(id) })),
  });
  await world.end(await world.child(sup, 'b'), 'abnormal');
  assert.deepEqual(order, ['d', 'c']);
});

test('[supervisor_SUITE child_unlink] a child that unlinked itself cannot hang terminate_child', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a')] });
  const pid = (await world.child(sup, 'a')) as AgentPid;
  await world.run(pid, self => self.unlink(sup));
  assert.deepEqual(await terminateChild(world.system, sup, 'a'), { ok: true });
  assert.ok(!world.isAlive(pid));
});

test('[supervisor_SUITE shutdown 0] a shutdown time of 0 asks first and kills in the same instant of the clock', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a', { terminate: forever }, { shutdown: 0 })] });
  const pid = await world.child(sup, 'a');
  const gone = world.goneWith(pid);
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(0);
  assert.equal(await gone, 'killed');
});

async function dynamic(
  world: World,
  args: readonly (AgentArgs & { readonly stop?: number | 'brutal_kill' | 'infinity' })[],
) {
  const spec = dynamicSupervisorSpec<AgentArgs & { readonly stop?: number | 'brutal_kill' | 'infinity' }>({
    id: 'dyn',
    child: options => child('x', options, { shutdown: options.stop ?? 5_000, restart: 'temporary' }),
  });
  const sup = await startSupervisor(world.system, spec);
  for (const one of args) await startDynamicChild(world.system, sup, one);
  const pids = (await whichChildren(world.system, sup)).map(info => info.pid as Pid);
  return { sup, pids };
}

test('[supervisor_SUITE sup_stop_timeout_dynamic] only the dynamic children that ignore shutdown are killed', async t => {
  const world = new World(t);
  const { sup, pids } = await dynamic(world, [{ stop: 500 }, { stop: 500, terminate: forever }]);
  const ends = Promise.all(pids.map(pid => world.goneWith(pid)));
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(500);
  assert.deepEqual(await ends, ['shutdown', 'killed']);
});

test('[supervisor_SUITE sup_stop_brutal_kill_dynamic] brutal_kill for dynamic children', async t => {
  const world = new World(t);
  const { sup, pids } = await dynamic(world, [{ stop: 'brutal_kill', terminate: forever }]);
  assert.deepEqual(await stopAndNote(world, sup, pids), ['killed']);
});

test('[supervisor_SUITE simple_one_for_one_shutdown] dynamic children are stopped in parallel: one shutdown time bounds them all', async t => {
  const world = new World(t);
  const { sup, pids } = await dynamic(
    world,
    Array.from({ length: 20 }, () => ({ stop: 1_000, terminate: forever })),
  );
  world.system.exit(sup, 'shutdown');
  await settle();
  assert.ok(pids.every(pid => world.isAlive(pid)));
  await world.clock.advanceAndSettle(1_000);
  assert.ok(!world.isAlive(sup));
});

test('[supervisor_SUITE sup_stop_non_shutdown_exit_dynamic] a dynamic child that ends with another reason while stopping keeps it', async t => {
  const world = new World(t);
  const { sup, pids } = await dynamic(world, [
    {
      terminate: () => {
        throw new Error('in terminate');
      },
    },
    {},
  ]);
  const [first, second] = await stopAndNote(world, sup, pids);
  assert.equal(((first as { error: Error }).error as Error).message, 'in terminate');
  assert.equal(second, 'shutdown');
  assert.ok(!world.isAlive(sup));
});

test('[DynamicSupervisor terminates children with infinity] a dynamic child with shutdown infinity is waited for', async t => {
  const world = new World(t);
  const release = Promise.withResolvers<void>();
  const { sup, pids } = await dynamic(world, [{ stop: 'infinity', terminate: () => release.promise }]);
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(1_000_000);
  assert.ok(world.isAlive(pids[0] as Pid));
  release.resolve();
  await settle();
  assert.ok(!world.isAlive(sup));
});

test('[DynamicSupervisor mixed] children with different shutdowns each end in their own way', async t => {
  const world = new World(t);
  const { sup, pids } = await dynamic(world, [
    { stop: 'brutal_kill' },
    { stop: 100, terminate: forever },
    { stop: 'infinity' },
  ]);
  const ends = Promise.all(pids.map(pid => world.goneWith(pid)));
  world.system.exit(sup, 'shutdown');
  await settle();
  await world.clock.advanceAndSettle(100);
  assert.deepEqual(await ends, ['killed', 'killed', 'shutdown']);
});
