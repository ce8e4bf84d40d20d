import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import type { ExitReason } from '../../../src/otp/exit-reason.ts';
import { type GenServer, startServer, tryStartServer } from '../../../src/otp/gen-server.ts';
import type { SystemInfo } from '../../../src/otp/messages.ts';
import { ignore, initialized, next, stop } from '../../../src/otp/results.ts';
import { type AgentPid, agent, forever, settle, World } from './support.ts';

test('[GenServer start] init is awaited, and messages wait for it', async t => {
  const world = new World(t);
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const starting = world.agent({
    init: async self => {
      world.system.send(self.pid, 'early');
      await gate.promise;
      order.push('init');
      return undefined;
    },
  });
  await settle();
  gate.resolve();
  const pid = await starting;
  order.push('started');
  assert.deepEqual(await world.inbox(pid), ['early']);
  assert.deepEqual(order, ['init', 'started']);
});

test('[GenServer init ignore] the start is ignore, and the starter that is linked lives on', async t => {
  const world = new World(t);
  const parent = await world.agent();
  assert.deepEqual(await tryStartServer(world.system, agent, { init: () => ignore() }, { parent }), {
    kind: 'ignore',
  });
  await assert.rejects(
    startServer(world.system, agent, { init: () => ignore() }, { parent }),
    (error: unknown) => error instanceof OtpError && error.code === 'process_start_ignored',
  );
  await settle();
  assert.ok(world.isAlive(parent));
});

test('[GenServer init stop] the start is an error with the reason, and the linked starter lives on', async t => {
  const world = new World(t);
  const parent = await world.agent();
  assert.deepEqual(await tryStartServer(world.system, agent, { init: () => stop('no') }, { parent }), {
    kind: 'error',
    reason: 'no',
  });
  await settle();
  assert.ok(world.isAlive(parent));
});

test('[GenServer start timeout] an init that takes too long is ended with timeout', async t => {
  const world = new World(t);
  const starting = tryStartServer(
    world.system,
    agent,
    { init: () => forever() as never },
    { startTimeoutMs: 100 },
  );
  await settle();
  world.clock.advance(100);
  assert.deepEqual(await starting, { kind: 'error', reason: 'timeout' });
});

test('[GenServer start_link vs start] a child started with a link ends its parent by an abnormal end, one without does not', async t => {
  const world = new World(t);
  const parent = await world.agent();
  const free = await world.agent({}, { parent, link: false });
  await world.end(free, 'abnormal');
  assert.ok(world.isAlive(parent));
  const linked = await world.agent({}, { parent });
  await world.end(linked, 'abnormal');
  assert.ok(!world.isAlive(parent));
});

test('[gen_server terminate] runs with the reason of a stop, of a throw and of an exit in a handler', async t => {
  const world = new World(t);
  const seen: unknown[] = [];
  const boom = new Error('boom');
  const start = () => world.agent({ terminate: reason => void seen.push(reason) });
  await world.end(await start(), 'bye');
  const thrower = await start();
  const gone = world.goneWith(thrower);
  world.system.cast(thrower, {
    type: 'do',
    step: () => {
      throw boom;
    },
  });
  assert.deepEqual(await gone, { error: boom });
  assert.deepEqual(seen, ['bye', { error: boom }]);
});

test('[gen_server terminate] does not run when the process is killed', async t => {
  const world = new World(t);
  const seen: unknown[] = [];
  const pid = await world.agent({ terminate: reason => void seen.push(reason) });
  world.system.exit(pid, 'kill');
  await settle();
  assert.deepEqual(seen, []);
});

test('[gen_server terminate] a throw in it becomes the exit reason', async t => {
  const world = new World(t);
  const boom = new Error('boom');
  const pid = await world.agent({
    terminate: () => {
      throw boom;
    },
  });
  assert.deepEqual(await world.system.stopProcess(pid), { error: boom });
});

test('[gen_server terminate] the exit signal of the parent ends a trapping server through terminate, behind the messages that wait', async t => {
  const world = new World(t);
  const parent = await world.agent();
  const seen: unknown[] = [];
  const pid = await world.agent({ trapExit: true, terminate: reason => void seen.push(reason) }, { parent });
  world.system.cast(pid, { type: 'do', step: () => seen.push('cast') });
  world.system.find(parent)?.exit(pid, 'shutdown');
  await settle();
  assert.deepEqual(seen, ['cast', 'shutdown']);
});

test('[gen_server handle_info] a trapping server gets the exit of anybody else as a message', async t => {
  const world = new World(t);
  const [parent, other] = [await world.agent(), await world.agent()];
  const pid = await world.agent({ trapExit: true }, { parent });
  world.system.find(other)?.exit(pid, 'abnormal');
  assert.deepEqual(await world.inbox(pid), [{ type: 'EXIT', pid: other, reason: 'abnormal' }]);
});

test('[docs/otp.md] with terminate, an untrapped exit signal waits for the handler under way, goes before the messages that wait, and keeps its reason', async t => {
  const world = new World(t);
  const seen: unknown[] = [];
  const pid = await world.agent({ terminate: reason => void seen.push(reason) });
  const gone = world.goneWith(pid);
  world.system.cast(pid, {
    type: 'do',
    step: self =>
      new Promise((_resolve, reject) => {
        self.signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  });
  world.system.cast(pid, { type: 'do', step: () => seen.push('waited') });
  await settle();
  world.system.exit(pid, 'shutdown');
  assert.ok(world.isAlive(pid));
  assert.equal(await gone, 'shutdown');
  assert.deepEqual(seen, ['shutdown']);
});

type Info = SystemInfo | string;

function recorder(
  seen: unknown[],
): GenServer<{ readonly timeoutMs?: number }, undefined, never, string, string> {
  return {
    init: (_self, args) => initialized(undefined, { ...args, continue: 'first' }),
    handleContinue(argument) {
      seen.push(['continue', argument]);
      return next({ timeoutMs: 100 });
    },
    handleCast(cast) {
      seen.push(cast);
      return cast === 'again' ? next({ continue: 'again' }) : next({ timeoutMs: 100 });
    },
    handleInfo(info: Info) {
      seen.push(info);
    },
  };
}

test('[GenServer handle_continue] runs before any message that waits, after init and after a handler', async t => {
  const world = new World(t);
  const seen: unknown[] = [];
  const starting = startServer(world.system, recorder(seen), {});
  const pid = await starting;
  world.system.cast(pid, 'again');
  world.system.cast(pid, 'later');
  await settle();
  assert.deepEqual(seen, [['continue', 'first'], 'again', ['continue', 'again'], 'later']);
});

test('[GenServer timeouts] a time-out arrives when nothing else does, and any message cancels it', async t => {
  const world = new World(t);
  const seen: unknown[] = [];
  const pid = await startServer(world.system, recorder(seen), {});
  await settle();
  await world.clock.advanceAndSettle(99);
  world.system.cast(pid, 'message');
  await settle();
  await world.clock.advanceAndSettle(99);
  assert.deepEqual(seen.slice(1), ['message']);
  await world.clock.advanceAndSettle(1);
  assert.deepEqual(seen.slice(1), ['message', { type: 'timeout' }]);
  await world.clock.advanceAndSettle(1_000);
  assert.equal(seen.length, 3);
});

test('[Process send_after/3] a timer sends its message once, can be cancelled, and dies with its process', async t => {
  const world = new World(t);
  const pid = await world.agent();
  await world.run(pid, self => {
    self.sendAfter(10, 'kept');
    assert.equal(self.sendAfter(10, 'cancelled').cancel(), true);
  });
  await world.clock.advanceAndSettle(10);
  await world.clock.advanceAndSettle(10);
  assert.deepEqual(await world.inbox(pid), ['kept']);
  await world.run(pid, self => void self.sendAfter(10, 'never'));
  world.system.exit(pid, 'kill');
  assert.equal(world.clock.pendingCount, 0);
  assert.equal(world.system.deadLetters.count, 0);
});

test('[gen_server handle_info default] an unexpected message does no harm', async t => {
  const world = new World(t);
  const server: GenServer<undefined, number> = { init: () => 1 };
  const pid = await startServer(world.system, server, undefined);
  world.system.send(pid as unknown as AgentPid, 'unexpected');
  await settle();
  assert.ok(world.isAlive(pid));
});

test('[gen_server asynchronous handlers] one message at a time: the next waits until the promise settles', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  world.system.cast(pid, {
    type: 'do',
    step: async () => {
      await gate.promise;
      order.push('first');
    },
  });
  world.system.cast(pid, { type: 'do', step: () => order.push('second') });
  await settle();
  assert.deepEqual(order, []);
  gate.resolve();
  await settle();
  assert.deepEqual(order, ['first', 'second']);
});

test('[ProcessSystem stop] ends the roots in reverse order of their start, kills what does not end, and starts nothing more', async t => {
  const world = new World(t);
  const ends: [string, ExitReason][] = [];
  for (const label of ['first', 'second']) {
    await world.agent({ terminate: reason => void ends.push([label, reason]) }, { label });
  }
  await world.agent({ terminate: () => forever() }, { label: 'stubborn' });
  const stopped = world.system.stop(1_000);
  await settle();
  world.clock.advance(1_000);
  await stopped;
  assert.deepEqual(ends, [
    ['second', 'shutdown'],
    ['first', 'shutdown'],
  ]);
  assert.equal(world.exits[0]?.reason, 'killed');
  await assert.rejects(
    world.agent(),
    (error: unknown) => error instanceof OtpError && error.code === 'process_start_failed',
  );
});
