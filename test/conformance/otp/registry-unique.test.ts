import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtpError } from '../../../src/otp/errors.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { Registry, type RegistryEvent } from '../../../src/otp/registry.ts';
import { type AgentCall, type AgentCast, settle, World } from './support.ts';

async function unique(world: World) {
  return { registry: new Registry<string>(world.system, { keys: 'unique' }), pid: await world.agent() };
}

test('[Registry unique register/3] a key is registered once; a second time says who holds it, also to the holder', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  const other = await world.agent();
  const taken = { ok: false, error: 'already_registered', pid };
  assert.deepEqual(registry.register(pid, 'hello', 'value'), { ok: true });
  assert.deepEqual(registry.register(pid, 'hello', 'value'), taken);
  assert.deepEqual(registry.register(other, 'hello', 'value'), taken);
  assert.equal(registry.count, 1);
});

test('[Registry unique register/3] has many keys for one process', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 'a', '1');
  registry.register(pid, 'b', '2');
  assert.deepEqual(registry.keys(pid), ['a', 'b']);
  assert.equal(registry.count, 2);
});

test('[Registry unique register/3] a dead owner never blocks, and its end is visible at once', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  const next = await world.agent();
  registry.register(pid, 'hello', 'old');
  world.system.exit(pid, 'kill');
  assert.deepEqual(registry.lookup('hello'), []);
  assert.deepEqual(registry.register(next, 'hello', 'new'), { ok: true });
});

test('[Registry unique register/3] a process that is not alive cannot register', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  world.system.exit(pid, 'kill');
  assert.deepEqual(registry.register(pid, 'hello', 'x'), { ok: false, error: 'noproc' });
  assert.equal(registry.count, 0);
});

test('[Registry unique key comparison] is strict: 1 is not "1", and the order of fields does not matter', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 1, 'number');
  registry.register(pid, '1', 'text');
  registry.register(pid, { type: 'message_aggregator', id: 'ethereum' }, 'structured');
  assert.equal(registry.lookup(1)[0]?.value, 'number');
  assert.equal(registry.lookup('1')[0]?.value, 'text');
  assert.equal(registry.lookup({ id: 'ethereum', type: 'message_aggregator' })[0]?.value, 'structured');
  assert.deepEqual(registry.lookup({ type: 'message_aggregator', id: 1 }), []);
});

test('[Registry unique lookup/2] gives pid and value, and nothing for an unknown key', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 'hello', 'value');
  assert.deepEqual(registry.lookup('hello'), [{ pid, value: 'value' }]);
  assert.deepEqual(registry.lookup('unknown'), []);
  assert.deepEqual(registry.values('hello', pid), ['value']);
  assert.deepEqual(registry.values('hello', await world.agent()), []);
});

test('[Registry unique update_value/3] only the owner updates', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 'hello', 'a');
  assert.equal(
    registry.updateValue(pid, 'hello', value => `${value}b`),
    'ab',
  );
  assert.equal(
    registry.updateValue(await world.agent(), 'hello', () => 'stolen'),
    undefined,
  );
  assert.equal(registry.lookup('hello')[0]?.value, 'ab');
});

test('[Registry unique dispatch/3] is called only if there are entries', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  const seen: unknown[] = [];
  registry.dispatch('hello', entries => seen.push(entries));
  registry.register(pid, 'hello', 'value');
  registry.dispatch('hello', entries => seen.push(entries));
  assert.deepEqual(seen, [[{ pid, value: 'value' }]]);
});

test('[Registry unique unregister/2] takes the key back; an unknown key and a foreign one are fine', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 'hello', 'value');
  registry.unregister(pid, 'unknown');
  registry.unregister(await world.agent(), 'hello');
  assert.equal(registry.whereis('hello'), pid);
  registry.unregister(pid, 'hello');
  assert.equal(registry.whereis('hello'), undefined);
});

test('[Registry unique listeners] get register and unregister, also by death', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  const events: RegistryEvent<string>[] = [];
  const unlisten = registry.listen(event => events.push(event));
  registry.register(pid, 'a', '1');
  registry.unregister(pid, 'a');
  registry.register(pid, 'b', '2');
  world.system.exit(pid, 'kill');
  unlisten();
  registry.register(await world.agent(), 'c', '3');
  assert.deepEqual(events, [
    { type: 'register', key: 'a', pid, value: '1' },
    { type: 'unregister', key: 'a', pid },
    { type: 'register', key: 'b', pid, value: '2' },
    { type: 'unregister', key: 'b', pid },
  ]);
});

test('[Registry unique links] the owner is attached to the registry while any of its keys remains', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  registry.register(pid, 'a', '1');
  registry.register(pid, 'b', '2');
  const attached = () => world.system.find(pid)?.registries?.has(registry);
  registry.unregister(pid, 'a');
  assert.equal(attached(), true);
  registry.unregister(pid, 'b');
  assert.equal(attached(), false);
});

test('[Registry clean up on crash] the crash of an owner leaves nothing behind', async t => {
  const world = new World(t);
  const { registry, pid } = await unique(world);
  for (let i = 0; i < 100; i++) registry.register(pid, i, 'x');
  await world.end(pid, 'abnormal');
  assert.equal(registry.count, 0);
  assert.deepEqual(registry.keys(pid), []);
});

test('[Registry via] a name finds its process for call, cast and send, and the next holder afterwards', async t => {
  const world = new World(t);
  const name = processName<AgentCall, AgentCast, string>({ type: 'agent', id: 'via' });
  const first = await world.agent({}, { name });
  assert.equal(world.system.registry.whereis(name), first);
  world.system.send(name, 'hello');
  assert.deepEqual(await world.run(name, (_self, state) => [...state.inbox]), ['hello']);
  await world.end(first, 'abnormal');
  assert.equal(world.system.registry.whereis(name), undefined);
  const second = await world.agent({}, { name });
  assert.equal(await world.run(name, self => self.pid), second);
});

test('[Registry via] a call to a name that nobody holds fails with noproc', async t => {
  const world = new World(t);
  const name = processName<AgentCall>({ type: 'agent', id: 'nobody' });
  const call = world.run(name, () => undefined);
  await assert.rejects(call, (error: unknown) => error instanceof OtpError && error.code === 'call_noproc');
});

test('[Registry clean up] the name is free before anybody learns of the end', async t => {
  const world = new World(t);
  const name = processName<AgentCall, AgentCast, string>({ type: 'agent', id: 'free' });
  const pid = await world.agent({}, { name });
  const seen: unknown[] = [];
  world.system.watch(pid, () => seen.push(world.system.registry.whereis(name)));
  world.system.exit(pid, 'kill');
  await settle();
  assert.deepEqual(seen, [undefined]);
});
