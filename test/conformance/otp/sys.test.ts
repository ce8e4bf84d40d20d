import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import { type GenServer, startServer } from '../../../src/otp/gen-server.ts';
import type { Request } from '../../../src/otp/request.ts';
import { nextState, reply } from '../../../src/otp/results.ts';
import { Sys } from '../../../src/otp/sys.ts';
import type { SysEvent } from '../../../src/otp/sys-debug.ts';
import { settle, World } from './support.ts';

const counter: GenServer<number, number, { readonly type: 'get' } & Request<number>, number> = {
  init: (_self, start) => start,
  handleCall: (_call, _from, state) => reply(state),
  handleCast: (amount, state) => nextState(state + amount),
  formatStatus: state => `at ${state}`,
};

async function setUp(t: ConstructorParameters<typeof World>[0]) {
  const world = new World(t);
  return {
    world,
    sys: new Sys(world.system),
    pid: await startServer(world.system, counter, 1, { label: 'counter' }),
  };
}

test('[sys_SUITE get_state] gives the state, after what was sent before', async t => {
  const { world, sys, pid } = await setUp(t);
  world.system.cast(pid, 2);
  assert.equal(await sys.getState(pid), 3);
});

test('[sys_SUITE replace_state] replaces the state', async t => {
  const { world, sys, pid } = await setUp(t);
  assert.equal(await sys.replaceState<number>(pid, state => state * 10), 10);
  assert.equal(await world.system.call(pid, { type: 'get' }), 10);
});

test('[sys_SUITE replace_state] an error in the callback is reported, and the state kept', async t => {
  const { sys, pid } = await setUp(t);
  const failing = sys.replaceState<number>(pid, () => {
    throw new Error('callback');
  });
  await assert.rejects(failing, /callback/);
  assert.equal(await sys.getState(pid), 1);
});

test('[sys_SUITE suspend] calls time out while suspended, twice is fine, and resume goes on in the old order', async t => {
  const { world, sys, pid } = await setUp(t);
  await sys.suspend(pid);
  await sys.suspend(pid);
  world.system.cast(pid, 5);
  const call = world.system.call(pid, { type: 'get' }, 100);
  const rejected = assert.rejects(
    call,
    (error: unknown) => error instanceof OtpError && error.code === 'call_timeout',
  );
  await settle();
  world.clock.advance(100);
  await rejected;
  world.system.cast(pid, 10);
  assert.equal(await sys.getState(pid), 1);
  await sys.resume(pid);
  assert.equal(await world.system.call(pid, { type: 'get' }), 16);
});

test('[sys_SUITE suspend] messages that wait count against the bound of the mailbox', async t => {
  const { world, sys } = await setUp(t);
  const pid = await startServer(world.system, counter, 0, { mailbox: { limit: 2 } });
  await sys.suspend(pid);
  for (let i = 0; i < 5; i++) {
    world.system.cast(pid, 1);
    await settle();
  }
  await sys.resume(pid);
  assert.equal(await sys.getState(pid), 2);
});

test('[sys suspend] the parent ends a suspended process all the same', async t => {
  const { world, sys } = await setUp(t);
  const reasons: unknown[] = [];
  const pid = await world.agent({ trapExit: true, terminate: reason => void reasons.push(reason) });
  await sys.suspend(pid);
  world.system.exit(pid, 'shutdown');
  await settle();
  assert.deepEqual(reasons, ['shutdown']);
});

test('[sys_SUITE statistics] counts messages in and replies out, from when it is on', async t => {
  const { world, sys, pid } = await setUp(t);
  assert.equal(await sys.statistics(pid), undefined);
  world.clock.advance(7);
  await sys.countMessages(pid, true);
  world.system.cast(pid, 1);
  await world.system.call(pid, { type: 'get' });
  assert.deepEqual(await sys.statistics(pid), { since: 7, messagesIn: 2, messagesOut: 1 });
  await sys.countMessages(pid, false);
  assert.equal(await sys.statistics(pid), undefined);
  assert.equal(world.system.find(pid)?.debug, undefined);
});

test('[sys_SUITE trace] a sink gets every event until it is taken away', async t => {
  const { world, sys, pid } = await setUp(t);
  const events: SysEvent[] = [];
  await sys.trace(pid, event => events.push(event));
  world.system.cast(pid, 4);
  await world.system.call(pid, { type: 'get' });
  await sys.trace(pid, undefined);
  world.system.cast(pid, 5);
  await settle();
  assert.deepEqual(events, [
    { type: 'in', kind: 'cast', message: 4 },
    { type: 'in', kind: 'call', message: { type: 'get' } },
    { type: 'out', message: 5 },
  ]);
});

test('[sys_SUITE log] keeps the last events, oldest first', async t => {
  const { world, sys, pid } = await setUp(t);
  await sys.keepLog(pid, 2);
  for (const amount of [1, 2, 3]) world.system.cast(pid, amount);
  assert.deepEqual(
    (await sys.log(pid)).map(event => event.message),
    [2, 3],
  );
  await sys.keepLog(pid, undefined);
  assert.deepEqual(await sys.log(pid), []);
});

test('[sys_SUITE install] a debug function has its own state; installing twice installs once; remove removes', async t => {
  const { world, sys, pid } = await setUp(t);
  const seen: number[] = [];
  const count = (state: number) => {
    seen.push(state);
    return state + 1;
  };
  await sys.install(pid, 'count', count, 0);
  await sys.install(pid, 'count', count, 100);
  world.system.cast(pid, 1);
  world.system.cast(pid, 1);
  await settle();
  await sys.remove(pid, 'count');
  world.system.cast(pid, 1);
  await settle();
  assert.deepEqual(seen, [0, 1]);
});

test('[sys_SUITE install] a debug function that is done or throws is removed, and the process lives', async t => {
  const { world, sys, pid } = await setUp(t);
  let calls = 0;
  await sys.install(
    pid,
    'done',
    () => {
      calls++;
      return 'done';
    },
    0,
  );
  await sys.install(
    pid,
    'faulty',
    () => {
      calls++;
      throw new Error('faulty');
    },
    0,
  );
  world.system.cast(pid, 1);
  world.system.cast(pid, 1);
  assert.equal(await sys.getState(pid), 3);
  assert.equal(calls, 2);
});

test('[sys_SUITE terminate] ends the process through terminate, a suspended one too', async t => {
  const { world, sys } = await setUp(t);
  const reasons: unknown[] = [];
  const pid = await world.agent({ terminate: reason => void reasons.push(reason) });
  await sys.suspend(pid);
  assert.equal(await sys.terminate(pid, 'told to'), 'told to');
  assert.deepEqual(reasons, ['told to']);
});

test('[sys_SUITE get_status] gives label, status, mailbox length and the formatted state', async t => {
  const { world, sys, pid } = await setUp(t);
  assert.deepEqual(await sys.getStatus(pid), {
    label: 'counter',
    status: 'running',
    mailboxLength: 0,
    state: 'at 1',
  });
  await sys.suspend(pid);
  world.system.cast(pid, 1);
  await settle();
  assert.deepEqual(await sys.getStatus(pid), {
    label: 'counter',
    status: 'suspended',
    mailboxLength: 1,
    state: 'at 1',
  });
});

test('[sys] a request to a process that does not exist fails with noproc, to one that is busy with a time-out', async t => {
  const { world, sys, pid } = await setUp(t);
  world.system.exit(pid, 'kill');
  const code = (expected: string) => (error: unknown) => error instanceof OtpError && error.code === expected;
  await assert.rejects(sys.getState(pid), code('call_noproc'));
  const busy = await world.agent();
  world.system.cast(busy, { type: 'do', step: () => new Promise(() => {}) });
  const waiting = assert.rejects(sys.getState(busy), code('call_timeout'));
  await settle();
  world.clock.advance(5_000);
  await waiting;
});

test('[sys get_state supervisor] shows the children', async t => {
  const { world, sys } = await setUp(t);
  const sup = await world.supervisor({ children: [] });
  assert.deepEqual(await sys.getState(sup), []);
});
