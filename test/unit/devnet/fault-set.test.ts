import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { parseFaultOptions } from '../../../src/devnet/fault-options.ts';
import { FaultSet } from '../../../src/devnet/fault-set.ts';

test('takes a fault only for the methods that it is limited to, a star matching the rest of a name', () => {
  const faults = new FaultSet();
  faults.set('error', parseFaultOptions('error', { method: 'eth_call, eth_get*' }));
  assert.ok(faults.take('error', 'http', ['eth_call']));
  assert.ok(faults.take('error', 'http', ['net_version', 'eth_getLogs']));
  assert.equal(faults.take('error', 'http', ['eth_callMany']), undefined);
  assert.equal(faults.take('error', 'http', []), undefined);
});

test('takes a fault only for the transport that it is limited to', () => {
  const faults = new FaultSet();
  faults.set('lag', parseFaultOptions('lag', { transport: 'ws' }));
  assert.equal(faults.take('lag', 'http', []), undefined);
  assert.ok(faults.take('lag', 'ws', []));
});

test('ends a fault after its number of applications, of which one that does not match is none', () => {
  const faults = new FaultSet();
  faults.set('error', parseFaultOptions('error', { method: 'eth_call', times: 2 }));
  faults.take('error', 'http', ['net_version']);
  assert.ok(faults.take('error', 'http', ['eth_call']));
  assert.ok(faults.take('error', 'http', ['eth_call']));
  assert.equal(faults.take('error', 'http', ['eth_call']), undefined);
  assert.ok(faults.isEmpty);
});

test('tells an application that is under way when its fault is healed, used up or not', () => {
  const faults = new FaultSet();
  for (const times of [0, 1]) {
    faults.set('slow-drip', parseFaultOptions('slow-drip', { times }));
    const options = faults.take('slow-drip', 'http', []);
    assert.ok(options);
    assert.equal(faults.isHealed(options), false);
    faults.clear('slow-drip');
    assert.equal(faults.isHealed(options), true);
  }
});

test('is frozen by a hang that is limited to no method and to no number, on its transport', () => {
  const faults = new FaultSet();
  faults.set('hang', parseFaultOptions('hang', { transport: 'ws' }));
  assert.deepEqual([faults.isFrozen('ws'), faults.isFrozen('http')], [true, false]);
  faults.set('hang', parseFaultOptions('hang', { method: 'eth_call' }));
  assert.equal(faults.isFrozen('ws'), false);
  faults.set('hang', parseFaultOptions('hang', { times: 1 }));
  assert.equal(faults.isFrozen('ws'), false);
});

test('wakes those who wait on a change, or when their socket closes, and keeps nothing of them', async () => {
  const faults = new FaultSet();
  const socket = new Socket();
  const changed = faults.changed(socket);
  faults.set('kill', {});
  await changed;
  const closed = faults.changed(socket);
  socket.destroy();
  await closed;
  await faults.changed(socket);
  assert.equal(socket.listenerCount('close'), 0);
});

test('tells of each change', () => {
  let changes = 0;
  const faults = new FaultSet(() => changes++);
  faults.set('kill', {});
  faults.clear('kill');
  assert.equal(changes, 2);
});
