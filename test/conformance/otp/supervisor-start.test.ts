import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import type { StartResult } from '../../../src/otp/process.ts';
import { ignore, initialized, stop } from '../../../src/otp/results.ts';
import {
  countSupervised,
  getChildSpec,
  restartChild,
  startChild,
  startSupervisor,
  tryStartSupervisor,
  whichChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { agent, child, settle, World } from './support.ts';

const failing = (reason: string) => child('bad', { init: () => stop(reason) });

test('[supervisor_SUITE sup_start_normal] a supervisor starts, and an exit signal shutdown ends it with reason shutdown', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [] });
  const gone = world.goneWith(sup);
  world.system.exit(sup, 'shutdown');
  assert.equal(await gone, 'shutdown');
});

test('[supervisor_SUITE sup_start_ignore_child] a permanent child that ignores its start is kept without a pid', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a', { init: () => ignore() }), child('b')] });
  assert.deepEqual(await startChild(world.system, sup, child('c', { init: () => ignore() })), {
    ok: true,
    pid: undefined,
  });
  assert.equal((await whichChild(world.system, sup, 'a'))?.status, 'undefined');
  assert.deepEqual(await countSupervised(world.system, sup), {
    specs: 3,
    active: 1,
    supervisors: 0,
    workers: 3,
  });
});

test('[supervisor_SUITE sup_start_ignore_temporary_child] a temporary child that ignores its start is not kept', async t => {
  const world = new World(t);
  const sup = await world.supervisor({
    children: [child('a', { init: () => ignore() }, { restart: 'temporary' }), child('b')],
  });
  assert.deepEqual(
    (await whichChildren(world.system, sup)).map(info => info.id),
    ['b'],
  );
});

test('[supervisor_SUITE sup_start_ignore_temporary_child_start_child] the same when it is added later', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [] });
  const spec = child('a', { init: () => ignore() }, { restart: 'temporary' });
  assert.deepEqual(await startChild(world.system, sup, spec), { ok: true, pid: undefined });
  assert.deepEqual(await whichChildren(world.system, sup), []);
});

test('[supervisor_SUITE sup_start_ignore_init] a supervisor behind a start function that ignores its start leaves the parent running', async t => {
  const world = new World(t);
  const ignored: StartResult = { kind: 'ignore' };
  const sup = await world.supervisor({
    children: [{ id: 'branch', type: 'supervisor', start: () => Promise.resolve(ignored) }],
  });
  assert.equal((await whichChild(world.system, sup, 'branch'))?.pid, undefined);
  assert.ok(world.isAlive(sup));
});

test('[supervisor_SUITE sup_start_error_return] a start function that returns junk fails the start with bad_return and no exit signal', async t => {
  const world = new World(t);
  const starter = await world.agent();
  const spec = supervisorSpec({
    id: 'sup',
    strategy: 'one_for_one',
    children: [{ id: 'junk', start: () => Promise.resolve('junk' as unknown as StartResult) }],
  });
  const result = await tryStartSupervisor(world.system, spec, { parent: starter });
  assert.deepEqual(result, {
    kind: 'error',
    reason: { shutdown: { failed_to_start_child: 'junk', reason: { error: { bad_return: 'junk' } } } },
  });
  await settle();
  assert.ok(world.isAlive(starter));
});

test('[supervisor_SUITE sup_start_fail] a child whose init throws fails the start of the supervisor, without an exit signal to the starter', async t => {
  const world = new World(t);
  const starter = await world.agent();
  const boom = new Error('boom');
  const spec = supervisorSpec({
    id: 'sup',
    strategy: 'one_for_one',
    children: [
      child('a', {
        init: () => {
          throw boom;
        },
      }),
    ],
  });
  await assert.rejects(startSupervisor(world.system, spec, { parent: starter }), (error: unknown) => {
    assert.ok(error instanceof OtpError && error.code === 'process_start_failed');
    assert.deepEqual(error.details.reason, {
      shutdown: { failed_to_start_child: 'a', reason: { error: boom } },
    });
    return true;
  });
  await settle();
  assert.ok(world.isAlive(starter));
});

test('[supervisor_SUITE faulty_application_shutdown] the children that had started are stopped again, the last one first', async t => {
  const world = new World(t);
  const order: string[] = [];
  const noted = (id: string) =>
    child(id, { terminate: reason => void order.push(`${id}:${String(reason)}`) });
  await assert.rejects(world.supervisor({ children: [noted('a'), noted('b'), failing('no')] }));
  assert.deepEqual(order, ['b:shutdown', 'a:shutdown']);
  assert.equal(world.system.counts.processes, 0);
});

test('[supervisor_SUITE sup_start_child_returns_error] start_child whose start fails returns the reason and keeps no specification', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [] });
  assert.deepEqual(await startChild(world.system, sup, failing('no')), {
    ok: false,
    error: 'start_failed',
    reason: 'no',
  });
  assert.equal((await countSupervised(world.system, sup)).specs, 0);
});

test('[supervisor_SUITE sup_start_restart_child_returns_error] restart_child whose start fails keeps the specification without a pid', async t => {
  const world = new World(t);
  let isBroken = false;
  const spec = child('a', { init: () => (isBroken ? stop('no') : undefined) }, { restart: 'transient' });
  const sup = await world.supervisor({ children: [spec] });
  await world.end(await world.child(sup, 'a'), 'normal');
  isBroken = true;
  assert.deepEqual(await restartChild(world.system, sup, 'a'), {
    ok: false,
    error: 'start_failed',
    reason: 'no',
  });
  assert.equal((await whichChild(world.system, sup, 'a'))?.status, 'undefined');
});

test('[supervisor_SUITE sup_start_map] defaults are permanent, 5000 ms for a worker, infinity for a supervisor, not significant', async t => {
  const world = new World(t);
  const nested = supervisorSpec({ id: 'branch', strategy: 'one_for_one', children: [] });
  const sup = await world.supervisor({
    children: [
      child('a'),
      {
        id: 'branch',
        type: 'supervisor',
        start: starter => tryStartSupervisor(starter.system, nested, { parent: starter.pid }),
      },
    ],
  });
  assert.deepEqual(await getChildSpec(world.system, sup, 'a'), {
    id: 'a',
    restart: 'permanent',
    shutdown: 5_000,
    type: 'worker',
    significant: false,
  });
  assert.equal((await getChildSpec(world.system, sup, 'branch'))?.shutdown, 'infinity');
  assert.equal(await getChildSpec(world.system, sup, 'unknown'), undefined);
});

test('[supervisor_SUITE extra_return] information from init is handed on by start_child and restart_child, and the child is restarted', async t => {
  const world = new World(t);
  const spec = child('a', { init: () => initialized({ inbox: [], value: 0 }, { info: 'extra' }) });
  const sup = await world.supervisor({ intensity: 1, children: [] });
  const started = await startChild(world.system, sup, spec);
  assert.ok(started.ok && started.pid !== undefined);
  assert.equal(started.info, 'extra');
  await world.end(started.pid, 'abnormal');
  assert.notEqual(await world.child(sup, 'a'), started.pid);
});

test('[supervisor_SUITE already_started_outside_supervisor] a start function that finds the process running passes that on', async t => {
  const world = new World(t);
  const outside = await world.agent();
  const sup = await world.supervisor({ children: [] });
  const reason = { error: { already_started: outside } };
  const result = await startChild(world.system, sup, {
    id: 'a',
    start: () => Promise.resolve({ kind: 'error', reason }),
  });
  assert.deepEqual(result, { ok: false, error: 'start_failed', reason });
});

test('[supervisor_SUITE start order] children start in the order of the list, each after the init of the one before', async t => {
  const world = new World(t);
  const order: string[] = [];
  const slow = (id: string) =>
    child(id, {
      init: async () => {
        order.push(`${id} begins`);
        await settle();
        order.push(`${id} runs`);
        return undefined;
      },
    });
  await world.supervisor({ children: [slow('a'), slow('b')] });
  assert.deepEqual(order, ['a begins', 'a runs', 'b begins', 'b runs']);
});

test('[gen_server start options] a name that is taken fails the start with already_started', async t => {
  const world = new World(t);
  const { processName } = await import('../../../src/otp/process-name.ts');
  const { tryStartServer } = await import('../../../src/otp/gen-server.ts');
  const name = processName<never, never, string>({ type: 'agent', id: 'one' });
  const first = await tryStartServer(world.system, agent, {}, { name: name as never });
  assert.equal(first.kind, 'ok');
  const second = await tryStartServer(world.system, agent, {}, { name: name as never });
  assert.deepEqual(second, {
    kind: 'error',
    reason: { error: { already_started: first.kind === 'ok' ? first.pid : undefined } },
  });
});
