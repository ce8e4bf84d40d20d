import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SendTimer } from '../../../src/otp/self.ts';
import { settle, World } from './support.ts';

const boom = () => {
  throw new Error('in a callback');
};

test('[nact N8] a callback that throws on the end of a process is logged, and loses no signal', async t => {
  const lines: string[] = [];
  const log = { debug: () => {}, warn: () => {}, error: (message: string) => void lines.push(message) };
  const world = new World(t, { log, observer: { onExit: boom, onStart: boom, onDeadLetter: boom } });
  const [a, b, c] = [await world.agent(), await world.agent(), await world.agent()];
  world.system.registry.register(a, 'key', undefined);
  world.system.registry.listen(boom);
  world.system.watch(a, boom);
  await world.run(b, self => self.monitor(a));
  await world.run(c, self => self.link(a));
  world.system.send(a, 'waiting');
  world.system.exit(a, 'abnormal');
  assert.ok(!world.isAlive(a) && !world.isAlive(c));
  assert.equal(world.system.registry.whereis('key'), undefined);
  assert.equal((await world.inbox(b)).length, 1);
  assert.ok(lines.length >= 4);
  assert.ok(lines.every(line => line === 'a callback of the process system threw'));
});

test('[nact N4] a handler that goes on after its process was killed leaves no timer and no name behind', async t => {
  const world = new World(t);
  const pid = await world.agent();
  const gate = Promise.withResolvers<void>();
  let timer: SendTimer | undefined;
  let registered: unknown;
  world.system.cast(pid, {
    type: 'do',
    step: async self => {
      await gate.promise;
      timer = self.sendAfter(10, 'late');
      registered = self.system.registry.register(self.pid, 'late', undefined);
    },
  });
  await settle();
  world.system.exit(pid, 'kill');
  gate.resolve();
  await settle();
  assert.equal(timer?.cancel(), false);
  assert.deepEqual(registered, { ok: false, error: 'noproc' });
  assert.equal(world.clock.pendingCount, 0);
});

test('[Erlang reference, processes] a child that is started by a process that was killed meanwhile does not live', async t => {
  const world = new World(t);
  const parent = await world.agent();
  const gate = Promise.withResolvers<void>();
  world.system.cast(parent, {
    type: 'do',
    step: async self => {
      await gate.promise;
      await world.agent({}, { parent: self.pid, label: 'orphan' }).catch(() => {});
    },
  });
  await settle();
  world.system.exit(parent, 'kill');
  gate.resolve();
  await settle();
  assert.equal(world.system.counts.processes, 0);
});
