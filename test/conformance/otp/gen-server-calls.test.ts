import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError, type OtpErrorCode } from '../../../src/otp/errors.ts';
import { type GenServer, startServer } from '../../../src/otp/gen-server.ts';
import type { From } from '../../../src/otp/messages.ts';
import { processName } from '../../../src/otp/process-name.ts';
import type { Request } from '../../../src/otp/request.ts';
import { next, nextState, reply, replyWith, stop } from '../../../src/otp/results.ts';
import { type AgentCast, forever, settle, World } from './support.ts';

const failsWith = (code: OtpErrorCode, reason?: unknown) => (error: unknown) => {
  assert.ok(error instanceof OtpError);
  assert.equal(error.code, code);
  if (reason !== undefined) assert.deepEqual(error.details.reason, reason);
  return true;
};

type StackCall =
  | ({ readonly type: 'pop' } & Request<string | undefined>)
  | ({ readonly type: 'stop' } & Request<'ok'>);
type StackCast = { readonly type: 'push'; readonly item: string };

const stack: GenServer<readonly string[], readonly string[], StackCall, StackCast> = {
  init: (_self, items) => items,
  handleCall(call, from, state) {
    if (call.type === 'pop') return replyWith(state[0], state.slice(1));
    from.reply('ok');
    return stop('normal');
  },
  handleCast: (cast, state) => nextState([cast.item, ...state]),
};

test('[GenServer call/2, cast/2] messages change the state in their order', async t => {
  const world = new World(t);
  const pid = await startServer(world.system, stack, ['hello']);
  assert.equal(await world.system.call(pid, { type: 'pop' }), 'hello');
  world.system.cast(pid, { type: 'push', item: 'a' });
  world.system.cast(pid, { type: 'push', item: 'b' });
  assert.equal(await world.system.call(pid, { type: 'pop' }), 'b');
  assert.equal(await world.system.call(pid, { type: 'pop' }), 'a');
  assert.equal(await world.system.call(pid, { type: 'pop' }), undefined);
});

test('[GenServer call/3 timeout] a call that is not answered in its time fails, and a late answer is dropped', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const gate = Promise.withResolvers<string>();
  const call = world.system.call(pid, { type: 'run', step: () => gate.promise }, 100);
  const rejected = assert.rejects(call, failsWith('call_timeout', 'timeout'));
  await world.clock.advanceAndSettle(99);
  await world.clock.advanceAndSettle(1);
  await rejected;
  gate.resolve('late');
  await settle();
  assert.equal(await world.run(pid, () => 'next'), 'next');
  assert.equal(world.clock.pendingCount, 0);
});

test('[GenServer call/2] the default time-out is 5000 ms, and infinity sets no timer', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const call = world.system.call(pid, { type: 'run', step: forever });
  const rejected = assert.rejects(call, failsWith('call_timeout'));
  await world.clock.advanceAndSettle(4_999);
  assert.equal(world.clock.pendingCount, 1);
  await world.clock.advanceAndSettle(1);
  await rejected;
  world.system.call(pid, { type: 'run', step: forever }, 'infinity').catch(() => {});
  assert.equal(world.clock.pendingCount, 0);
});

test('[GenServer call/2 noproc] a call to a dead process fails at once', async t => {
  const world = new World(t);
  const pid = await world.agent();
  await world.end(pid, 'normal');
  await assert.rejects(
    world.run(pid, () => 1),
    failsWith('call_noproc', 'noproc'),
  );
});

test('[GenServer call/2 calling_self] a process that calls itself fails at once, by pid and by name', async t => {
  const world = new World(t);
  const name = processName<{ type: 'run'; step: () => number } & Request<unknown>, AgentCast, string>({
    type: 'a',
    id: 'b',
  });
  const pid = await world.agent({}, { name: name as never });
  const code = (error: unknown) => (error as OtpError).code;
  assert.equal(
    await world.run(pid, self => self.call(self.pid, { type: 'run', step: () => 1 }).catch(code)),
    'calling_self',
  );
  assert.equal(
    await world.run(pid, self => self.call(name, { type: 'run', step: () => 1 }).catch(code)),
    'calling_self',
  );
});

test('[gen_server call] the end of the callee amid the call fails it at once with the reason (nact N11)', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const call = world.system.call(pid, { type: 'run', step: () => forever() }, 'infinity');
  const rejected = assert.rejects(call, failsWith('call_exited', 'killed'));
  await settle();
  world.system.exit(pid, 'kill');
  await rejected;
});

test('[gen_server call] calls that wait in the mailbox of a process that ends fail too', async t => {
  const world = new World(t);
  const pid = await world.agent();
  world.system.cast(pid, { type: 'do', step: () => forever() });
  const calls = [1, 2, 3].map(() =>
    assert.rejects(
      world.run(pid, () => 1),
      failsWith('call_exited', 'killed'),
    ),
  );
  await settle();
  world.system.exit(pid, 'kill');
  await Promise.all(calls);
});

test('[nact N12] fifty thousand calls in flight each get their own answer', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const answers = await Promise.all(Array.from({ length: 50_000 }, (_, i) => world.run(pid, () => i)));
  assert.ok(answers.every((answer, i) => answer === i));
});

test('[GenServer reply/2] a call may be answered later, from anywhere, once', async t => {
  const world = new World(t);
  let waiting: From<string> | undefined;
  const server: GenServer<undefined, undefined, { readonly type: 'ask' } & Request<string>> = {
    init: () => undefined,
    handleCall(_call, from) {
      waiting = from;
      return next();
    },
  };
  const pid = await startServer(world.system, server, undefined);
  const call = world.system.call(pid, { type: 'ask' });
  await settle();
  waiting?.reply('first');
  waiting?.reply('second');
  assert.equal(await call, 'first');
});

test('[gen_server stop with reply] the answer arrives although the process ends', async t => {
  const world = new World(t);
  const pid = await startServer(world.system, stack, []);
  const gone = world.goneWith(pid);
  assert.equal(await world.system.call(pid, { type: 'stop' }), 'ok');
  assert.equal(await gone, 'normal');
});

test('[GenServer cast/2] a cast to an unknown name or a dead process is fine, and a dead letter', async t => {
  const world = new World(t);
  const pid = await world.agent();
  await world.end(pid, 'normal');
  const name = processName<never, AgentCast>({ type: 'nobody', id: 'x' });
  const message: AgentCast = { type: 'do', step: () => undefined };
  world.system.cast(pid, message);
  world.system.cast(name, message);
  assert.deepEqual(
    world.system.deadLetters.last.map(letter => [letter.target, letter.kind, letter.cause]),
    [
      [pid, 'cast', 'noproc'],
      [name, 'cast', 'noproc'],
    ],
  );
});

test('[GenServer stop/3] is synchronous, runs terminate, and is noproc on a dead process', async t => {
  const world = new World(t);
  const reasons: unknown[] = [];
  const pid = await world.agent({ terminate: reason => void reasons.push(reason) });
  assert.equal(await world.system.stopProcess(pid), 'normal');
  assert.deepEqual(reasons, ['normal']);
  assert.equal(await world.system.stopProcess(pid), 'noproc');
});

test('[GenServer stop/3 timeout] a process that does not end in time is killed', async t => {
  const world = new World(t);
  const pid = await world.agent({ terminate: () => forever() });
  const stopped = world.system.stopProcess(pid, 'normal', 50);
  await settle();
  world.clock.advance(50);
  assert.equal(await stopped, 'killed');
});

test('[GenServer types] a wrong message does not compile', async t => {
  const world = new World(t);
  const pid = await startServer(world.system, stack, []);
  const wrong = () => [
    // @ts-expect-error there is no such call
    world.system.call(pid, { type: 'peek' }),
    // @ts-expect-error a cast is not a call
    world.system.call(pid, { type: 'push', item: 'a' }),
    // @ts-expect-error the item is missing
    world.system.cast(pid, { type: 'push' }),
    // @ts-expect-error it takes no infos
    world.system.send(pid, 'hello'),
  ];
  assert.equal(typeof wrong, 'function');
  const item: string | undefined = await world.system.call(pid, { type: 'pop' });
  assert.equal(item, undefined);
  // @ts-expect-error the reply of pop is no number
  const count: number = await world.system.call(pid, { type: 'pop' });
  assert.equal(count, undefined);
  assert.equal(reply(1).value, 1);
});
