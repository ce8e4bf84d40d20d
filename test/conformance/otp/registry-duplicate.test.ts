import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pid } from '../../../src/otp/pid.ts';
import { Registry } from '../../../src/otp/registry.ts';
import { settle, World } from './support.ts';

async function duplicate(world: World) {
  const registry = new Registry<string>(world.system, { keys: 'duplicate' });
  return { registry, one: await world.agent(), two: await world.agent() };
}

test('[Registry duplicate register/3] a key has many entries, also of one process', async t => {
  const world = new World(t);
  const { registry, one, two } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  registry.register(one, 'topic', 'b');
  registry.register(two, 'topic', 'c');
  assert.deepEqual(registry.lookup('topic'), [
    { pid: one, value: 'a' },
    { pid: one, value: 'b' },
    { pid: two, value: 'c' },
  ]);
  assert.deepEqual(registry.values('topic', one), ['a', 'b']);
  assert.equal(registry.count, 3);
});

test('[Registry duplicate dispatch/3] calls with all entries of the key', async t => {
  const world = new World(t);
  const { registry, one, two } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  registry.register(two, 'topic', 'b');
  const reached: Pid[] = [];
  registry.dispatch('topic', entries => reached.push(...entries.map(entry => entry.pid)));
  assert.deepEqual(reached, [one, two]);
});

test('[Registry duplicate dispatch/3] entries may change while they are being dispatched', async t => {
  const world = new World(t);
  const { registry, one, two } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  registry.register(two, 'topic', 'b');
  let calls = 0;
  registry.dispatch('topic', entries => {
    for (const entry of entries) {
      calls++;
      registry.unregister(entry.pid, 'topic');
    }
  });
  assert.equal(calls, 2);
});

test('[Registry duplicate unregister/2] takes back all own entries of the key and no others', async t => {
  const world = new World(t);
  const { registry, one, two } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  registry.register(one, 'topic', 'b');
  registry.register(two, 'topic', 'c');
  registry.unregister(one, 'topic');
  assert.deepEqual(registry.lookup('topic'), [{ pid: two, value: 'c' }]);
  assert.deepEqual(registry.keys(one), []);
});

test('[Registry duplicate update_value/3] is refused', async t => {
  const world = new World(t);
  const { registry, one } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  assert.equal(
    registry.updateValue(one, 'topic', () => 'b'),
    undefined,
  );
  assert.equal(registry.lookup('topic')[0]?.value, 'a');
});

test('[Registry duplicate clean up on crash] leaves the entries of others', async t => {
  const world = new World(t);
  const { registry, one, two } = await duplicate(world);
  registry.register(one, 'topic', 'a');
  registry.register(two, 'topic', 'b');
  await world.end(one, 'abnormal');
  assert.deepEqual(registry.lookup('topic'), [{ pid: two, value: 'b' }]);
});

test('[Registry lock] the same key serialises, different keys do not', async t => {
  const world = new World(t);
  const { registry } = await duplicate(world);
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const first = registry.lock('key', async () => {
    await gate.promise;
    order.push('first');
  });
  const second = registry.lock('key', () => order.push('second'));
  await registry.lock('other', () => order.push('other'));
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['other', 'first', 'second']);
});

test('[Registry lock] is released when its holder throws', async t => {
  const world = new World(t);
  const { registry } = await duplicate(world);
  const failing = registry.lock('key', () => {
    throw new Error('in the lock');
  });
  await assert.rejects(failing, /in the lock/);
  assert.equal(await registry.lock('key', () => 'next'), 'next');
  await settle();
});

test('[Registry lock] many waiters come one after the other, in their order', async t => {
  const world = new World(t);
  const { registry } = await duplicate(world);
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      registry.lock('key', async () => {
        assert.equal(++inside, 1);
        await settle();
        order.push(i);
        inside--;
      }),
    ),
  );
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
