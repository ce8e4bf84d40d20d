import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import type { OverflowPolicy } from '../../../src/otp/mailbox.ts';
import type { Pid } from '../../../src/otp/pid.ts';
import { type AgentPid, settle, World } from './support.ts';

/** An agent that is busy until `free` is called, with room for three messages. */
async function busy(world: World, policy: OverflowPolicy) {
  const pid = await world.agent({}, { mailbox: { limit: 3, policy } });
  const gate = Promise.withResolvers<void>();
  world.system.cast(pid, { type: 'do', step: () => gate.promise });
  await settle();
  return { pid, free: gate.resolve };
}

function fill(world: World, pid: AgentPid): void {
  for (let i = 0; i < 5; i++) world.system.send(pid, `${i}`);
}

test('[docs/otp.md bounded mailbox] drop_newest refuses what comes when it is full', async t => {
  const world = new World(t);
  const { pid, free } = await busy(world, 'drop_newest');
  fill(world, pid);
  free();
  assert.deepEqual(
    world.system.deadLetters.last.map(letter => [letter.message, letter.cause]),
    [
      ['3', 'mailbox_full'],
      ['4', 'mailbox_full'],
    ],
  );
  await settle();
  assert.deepEqual(await world.inbox(pid), ['0', '1', '2']);
});

test('[docs/otp.md bounded mailbox] drop_oldest makes room', async t => {
  const world = new World(t);
  const { pid, free } = await busy(world, 'drop_oldest');
  fill(world, pid);
  free();
  await settle();
  assert.deepEqual(await world.inbox(pid), ['2', '3', '4']);
  assert.equal(world.system.counts.mailboxOverflows, 2);
});

test('[docs/otp.md bounded mailbox] exit ends the process with mailbox_overflow', async t => {
  const world = new World(t);
  const { pid } = await busy(world, 'exit');
  const gone = world.goneWith(pid);
  fill(world, pid);
  assert.equal(await gone, 'mailbox_overflow');
});

test('[docs/otp.md bounded mailbox] a call that is refused fails at once', async t => {
  const world = new World(t);
  const { pid } = await busy(world, 'drop_newest');
  fill(world, pid);
  await assert.rejects(
    world.run(pid, () => 1),
    (error: unknown) => error instanceof OtpError && error.code === 'mailbox_full',
  );
});

test('[docs/otp.md bounded mailbox] a call that is dropped to make room fails at once', async t => {
  const world = new World(t);
  const { pid } = await busy(world, 'drop_oldest');
  const call = world.run(pid, () => 1);
  fill(world, pid);
  await assert.rejects(call, (error: unknown) => error instanceof OtpError && error.code === 'mailbox_full');
});

test('[docs/otp.md bounded mailbox] signals and timers get through a full mailbox', async t => {
  const world = new World(t);
  const pid = await world.agent({ trapExit: true }, { mailbox: { limit: 3 } });
  const other = await world.agent();
  const gate = Promise.withResolvers<void>();
  await world.run(pid, self => {
    self.monitor(other);
    self.link(other);
    self.sendAfter(10, 'timer');
  });
  world.system.cast(pid, { type: 'do', step: () => gate.promise });
  await settle();
  fill(world, pid);
  world.system.exit(other, 'kill');
  world.clock.advance(10);
  gate.resolve();
  await settle();
  const inbox = await world.inbox(pid);
  assert.deepEqual(
    inbox.map(info => (typeof info === 'string' ? info : info.type)),
    ['0', '1', '2', 'DOWN', 'EXIT', 'timer'],
  );
});

test('[docs/otp.md dead letters] count all, keep the last, and reach the observer', async t => {
  const seen: unknown[] = [];
  const world = new World(t, {
    deadLetterLimit: 2,
    observer: { onDeadLetter: letter => seen.push(letter.message) },
  });
  const pid = await world.agent();
  world.system.exit(pid, 'kill');
  for (const message of ['a', 'b', 'c']) world.system.send(pid, message);
  assert.equal(world.system.deadLetters.count, 3);
  assert.deepEqual(
    world.system.deadLetters.last.map(letter => letter.message),
    ['b', 'c'],
  );
  assert.deepEqual(seen, ['a', 'b', 'c']);
});

test('[nact N4] messages that wait in the mailbox of a process that ends become dead letters', async t => {
  const world = new World(t);
  const { pid } = await busy(world, 'drop_newest');
  world.system.send(pid, 'waiting');
  world.system.exit(pid, 'kill');
  assert.deepEqual(
    world.system.deadLetters.last.map(letter => [letter.message, letter.cause]),
    [['waiting', 'exited']],
  );
});

test('[ProcessSystem counts] processes, starts, crashes and restarts are plain numbers', async t => {
  const world = new World(t);
  const pids: Pid[] = [await world.agent(), await world.agent()];
  await world.end(pids[0] as Pid, 'abnormal');
  await world.end(pids[1] as Pid, 'normal');
  const { processes, started, crashed, restarts } = world.system.counts;
  assert.deepEqual(
    { processes, started, crashed, restarts },
    { processes: 0, started: 2, crashed: 1, restarts: 0 },
  );
});

test('[nact, fairness] a process with many messages lets others have their turn', async t => {
  const world = new World(t);
  const [loud, quiet] = [await world.agent(), await world.agent()];
  const order: string[] = [];
  for (let i = 0; i < 100; i++) world.system.cast(loud, { type: 'do', step: () => order.push('loud') });
  world.system.cast(quiet, { type: 'do', step: () => order.push('quiet') });
  await settle();
  assert.equal(order.length, 101);
  assert.ok(order.indexOf('quiet') < 50);
});
