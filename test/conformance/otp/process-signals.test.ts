import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExitReason, ProcessExit } from '../../../src/otp/exit-reason.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { forever, settle, World } from './support.ts';

test('[Erlang reference, links] an abnormal end of a process ends the processes linked to it, with the same reason', async t => {
  const world = new World(t);
  const [a, b, c] = [await world.agent(), await world.agent(), await world.agent()];
  await world.run(a, self => self.link(b));
  await world.run(b, self => self.link(c));
  await world.end(a, 'abnormal');
  assert.deepEqual(
    world.exits.map(exit => [exit.pid, exit.reason]),
    [
      [a, 'abnormal'],
      [b, 'abnormal'],
      [c, 'abnormal'],
    ],
  );
});

test('[Erlang reference, links] a normal end does not reach the linked processes that do not trap exits', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent()];
  await world.run(a, self => self.link(b));
  await world.end(a, 'normal');
  assert.ok(world.isAlive(b));
});

for (const reason of ['normal', 'abnormal', { shutdown: 'x' }] as readonly ExitReason[]) {
  test(`[Erlang reference, process_flag trap_exit] the end arrives as an EXIT message (${JSON.stringify(reason)})`, async t => {
    const world = new World(t);
    const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
    await world.run(b, self => self.link(a));
    await world.end(a, reason);
    assert.deepEqual(await world.inbox(b), [{ type: 'EXIT', pid: a, reason }]);
  });
}

test('[Erlang reference, unlink] after unlink no exit signal arrives', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
  await world.run(b, self => self.link(a));
  await world.run(b, self => self.unlink(a));
  await world.end(a, 'abnormal');
  assert.deepEqual(await world.inbox(b), []);
});

test('[Erlang reference, link] linking twice is linking once', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
  await world.run(b, self => self.link(a));
  await world.run(a, self => self.link(b));
  await world.end(a, 'abnormal');
  assert.equal((await world.inbox(b)).length, 1);
});

test('[Erlang reference, link] a link to a process that does not exist is an exit signal noproc', async t => {
  const world = new World(t);
  const [dead, trapping, plain] = [
    await world.agent(),
    await world.agent({ trapExit: true }),
    await world.agent(),
  ];
  await world.end(dead, 'normal');
  await world.run(trapping, self => self.link(dead));
  assert.deepEqual(await world.inbox(trapping), [{ type: 'EXIT', pid: dead, reason: 'noproc' }]);
  const gone = world.goneWith(plain);
  world.system.cast(plain, { type: 'do', step: self => self.link(dead) });
  assert.equal(await gone, 'noproc');
});

test('[Erlang reference, exit/2] kill ends a process that traps exits, with reason killed', async t => {
  const world = new World(t);
  const pid = await world.agent({ trapExit: true });
  const gone = world.goneWith(pid);
  world.system.exit(pid, 'kill');
  assert.equal(await gone, 'killed');
});

test('[Erlang reference, exit/2] the linked processes of a killed one get killed, which can be trapped', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
  await world.run(b, self => self.link(a));
  world.system.exit(a, 'kill');
  assert.deepEqual(await world.inbox(b), [{ type: 'EXIT', pid: a, reason: 'killed' }]);
});

test('[Erlang reference, exit/1] a process that ends itself with kill is linked as kill, which can be trapped', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
  await world.run(b, self => self.link(a));
  await world.end(a, 'kill');
  assert.deepEqual(await world.inbox(b), [{ type: 'EXIT', pid: a, reason: 'kill' }]);
});

test('[Erlang reference, exit/2] normal sent by another process is ignored, sent to oneself it ends', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent()];
  await world.run(a, self => self.exit(b, 'normal'));
  await settle();
  assert.ok(world.isAlive(b));
  const gone = world.goneWith(b);
  world.system.cast(b, { type: 'do', step: self => self.exit(self.pid, 'normal') });
  assert.equal(await gone, 'normal');
});

test('[Erlang reference, exit/2] a trapping process gets normal as a message', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent({ trapExit: true })];
  await world.run(a, self => self.exit(b, 'normal'));
  assert.deepEqual(await world.inbox(b), [{ type: 'EXIT', pid: a, reason: 'normal' }]);
});

test('[Erlang reference, exit/2] a signal to a process that does not exist is nothing', async t => {
  const world = new World(t);
  const pid = await world.agent();
  await world.end(pid, 'normal');
  world.system.exit(pid, 'kill');
  assert.equal(world.exits.length, 1);
});

test('[Erlang reference, monitor/2] one DOWN for each monitor, with the reason', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent()];
  const first = await world.run(b, self => self.monitor(a));
  const second = await world.run(b, self => self.monitor(a));
  await world.end(a, 'abnormal');
  assert.deepEqual(await world.inbox(b), [
    { type: 'DOWN', ref: first, target: a, reason: 'abnormal' },
    { type: 'DOWN', ref: second, target: a, reason: 'abnormal' },
  ]);
  assert.notEqual(first, second);
});

test('[Erlang reference, monitor/2] a process that does not exist is DOWN with noproc at once, by pid and by name', async t => {
  const world = new World(t);
  const [dead, b] = [await world.agent(), await world.agent()];
  await world.end(dead, 'abnormal');
  const name = processName({ type: 'nobody', id: 'x' });
  await world.run(b, self => {
    self.monitor(dead);
    self.monitor(name);
  });
  const inbox = await world.inbox(b);
  assert.deepEqual(
    inbox.map(info => (typeof info === 'object' && info.type === 'DOWN' ? [info.target, info.reason] : info)),
    [
      [dead, 'noproc'],
      [name, 'noproc'],
    ],
  );
});

test('[Erlang reference, monitor/2] is one-way: the end of the watcher does not touch the watched', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent()];
  await world.run(b, self => self.monitor(a));
  await world.end(b, 'abnormal');
  assert.ok(world.isAlive(a));
  assert.equal(world.system.find(a)?.watchers?.size, 0);
});

test('[Erlang reference, demonitor/2 flush] no DOWN arrives afterwards, even if it waits in the mailbox', async t => {
  const world = new World(t);
  const [a, b] = [await world.agent(), await world.agent()];
  await world.run(b, self => {
    const ref = self.monitor(a);
    self.exit(a, 'kill');
    self.demonitor(ref);
  });
  await settle();
  assert.deepEqual(await world.inbox(b), []);
});

test('[Erlang reference, processes] messages of one sender arrive in their order', async t => {
  const world = new World(t);
  const pid = await world.agent();
  for (let i = 0; i < 100; i++) world.system.send(pid, `${i}`);
  assert.deepEqual(
    await world.inbox(pid),
    Array.from({ length: 100 }, (_, i) => `${i}`),
  );
});

test('[Erlang reference, exit signals] ten thousand linked processes end together without a stack overflow', async t => {
  const world = new World(t);
  const pids = await Promise.all(Array.from({ length: 10_000 }, () => world.agent()));
  for (const [i, pid] of pids.entries()) {
    const next = pids[i + 1];
    if (next !== undefined) world.system.find(pid)?.link(next);
  }
  world.system.exit(pids[0] as (typeof pids)[0], 'abnormal');
  assert.equal(world.system.counts.processes, 0);
});

test('[nact N4] a kill amid an asynchronous handler ends the process at once, aborts its signal and discards its result', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const gate = Promise.withResolvers<void>();
  let isAborted = false;
  const late: string[] = [];
  world.system.cast(pid, {
    type: 'do',
    step: async self => {
      self.signal.addEventListener('abort', () => {
        isAborted = true;
      });
      await gate.promise;
      late.push('went on');
      throw new ProcessExit('late');
    },
  });
  world.system.send(pid, 'never handled');
  await settle();
  world.system.exit(pid, 'kill');
  assert.ok(!world.isAlive(pid) && isAborted);
  gate.resolve();
  await settle();
  assert.deepEqual(late, ['went on']);
  assert.deepEqual(world.exits, [{ pid, reason: 'killed' }]);
  assert.equal(world.system.deadLetters.count, 1);
});

test('[Erlang reference, exit signals] an untrapped signal ends a process without terminate amid its handler', async t => {
  const world = new World(t);
  const pid = await world.agent();
  world.system.cast(pid, { type: 'do', step: () => forever() });
  await settle();
  world.system.exit(pid, 'abnormal');
  assert.deepEqual(world.exits, [{ pid, reason: 'abnormal' }]);
});

test('[nact N2] a pid never reaches a later process', async t => {
  const world = new World(t);
  const first = await world.agent({}, { label: 'same' });
  await world.end(first, 'normal');
  const second = await world.agent({}, { label: 'same' });
  world.system.send(first, 'for the first');
  assert.deepEqual(await world.inbox(second), []);
  assert.deepEqual(
    world.system.deadLetters.last.map(letter => [letter.target, letter.message, letter.cause]),
    [[first, 'for the first', 'noproc']],
  );
});
