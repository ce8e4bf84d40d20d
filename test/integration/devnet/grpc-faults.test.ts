import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GeyserFaultBench, transactionsOf } from './grpc-client.ts';

test('a healthy provider relays streams and calls, and asks for its own token', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  bench.emit('one');
  await stream.until(() => transactionsOf(stream).length === 1);
  assert.equal(await bench.slot(), 0);
  const refused = await bench.subscribe({ slots: { s: {} } }, 'wrong');
  await refused.ended();
  assert.equal(refused.code, 'UNAUTHENTICATED');
});

test('killed, it refuses connections; healed, it serves on the same port', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ slots: { s: {} } });
  const { port } = bench.proxy;
  await bench.proxy.fault('kill');
  await stream.ended();
  assert.equal(stream.code, 'UNAVAILABLE');
  assert.equal(bench.proxy.isListening, false);
  await bench.proxy.heal();
  assert.equal(bench.proxy.port, port);
  const again = await bench.subscribe({ slots: { s: {} } });
  bench.bank.closeSlot();
  await again.until(({ updates }) => updates.some(({ slot }) => Number(slot?.slot) === 1));
});

test('hung, nothing gets through and nothing is cut; healed, all of it comes', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  await bench.proxy.fault('hang', { transport: 'grpc' });
  bench.emit('one');
  await bench.relayed();
  assert.deepEqual(transactionsOf(stream), []);
  assert.equal(stream.code, undefined);
  await bench.proxy.heal();
  await stream.until(() => transactionsOf(stream).length === 1);
});

for (const stage of ['connect', 'request', 'response']) {
  test(`reset at stage ${stage}, the connection is cut`, async t => {
    const bench = await GeyserFaultBench.start(t);
    if (stage === 'request') await bench.proxy.fault('reset', { stage, transport: 'grpc' });
    const stream = await bench.subscribe({ transactions: { all: {} } });
    if (stage !== 'request') await bench.proxy.fault('reset', { stage, transport: 'grpc' });
    bench.emit('one');
    await stream.ended();
    assert.match(String(stream.code), /^(UNAVAILABLE|INTERNAL)$/);
    assert.deepEqual(transactionsOf(stream), []);
  });
}

test('delayed, updates come late and in order', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  const start = performance.now();
  await bench.proxy.fault('delay', { ms: 300, transport: 'grpc' });
  const sent = ['a', 'b', 'c'].map(text => bench.emit(text));
  await stream.until(() => transactionsOf(stream).length === 3);
  assert.ok(performance.now() - start >= 295);
  assert.deepEqual(transactionsOf(stream), sent);
});

test('dropped, open streams are cut; only once, new ones are served', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ slots: { s: {} } });
  await bench.proxy.fault('drop-grpc', { once: true });
  await stream.ended();
  assert.deepEqual(bench.proxy.faults, []);
  const again = await bench.subscribe({ slots: { s: {} } });
  assert.equal(again.code, undefined);
  await bench.proxy.fault('drop-grpc');
  await again.ended();
  assert.equal(bench.proxy.isListening, false);
  await bench.proxy.heal('drop-grpc');
  assert.equal(bench.proxy.isListening, true);
});

test('a fault of JSON-RPC alone changes nothing', async t => {
  const bench = await GeyserFaultBench.start(t);
  await bench.proxy.fault('null-tx');
  await bench.proxy.fault('hang', { transport: 'ws' });
  assert.deepEqual(bench.proxy.faults, []);
});

test('stalled, updates are held while pongs go on; or not even these', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  await bench.proxy.fault('geyser-stall');
  bench.emit('one');
  await stream.pong();
  assert.deepEqual(transactionsOf(stream), []);
  await bench.proxy.fault('geyser-stall', { pings: 'stop' });
  const { length } = stream.updates;
  stream.send({ ping: { id: 77 } });
  await bench.relayed();
  assert.equal(stream.updates.length, length);
  await bench.proxy.heal();
  await stream.until(() => transactionsOf(stream).length === 1);
});

test('lagging by two slots, updates come when the chain is two slots further', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} }, slots: { s: {} } });
  await bench.proxy.fault('lag', { blocks: 2 });
  bench.emit('one');
  bench.bank.closeSlot();
  bench.bank.closeSlot();
  await stream.pong();
  assert.deepEqual(transactionsOf(stream), []);
  bench.bank.closeSlot();
  await stream.until(() => transactionsOf(stream).length === 1);
  assert.equal(await bench.slot(), 1);
});

test('with little replay left, older slots are OUT_OF_RANGE and the replay info says the same', async t => {
  const bench = await GeyserFaultBench.start(t);
  for (let slot = 0; slot < 5; slot++) bench.bank.closeSlot();
  await bench.proxy.fault('geyser-replay', { slots: 2 });
  const stream = await bench.subscribe({ slots: { s: {} }, fromSlot: 2 });
  await stream.ended();
  assert.equal(stream.code, 'OUT_OF_RANGE');
  assert.equal(stream.details, 'broadcast from 2 is not available, last available: 3');
  assert.equal(await bench.firstAvailable(), 3);
  const served = await bench.subscribe({ slots: { s: { filterByCommitment: true } }, fromSlot: 3 });
  await served.until(({ updates }) => updates.filter(({ slot }) => slot).length === 3);
});

test('without replay, a request that starts in the past is INTERNAL', async t => {
  const bench = await GeyserFaultBench.start(t);
  await bench.proxy.fault('geyser-replay', { style: 'unsupported' });
  const stream = await bench.subscribe({ slots: { s: {} }, fromSlot: 0 });
  await stream.ended();
  assert.deepEqual([stream.code, stream.details], ['INTERNAL', 'from_slot is not supported']);
});

for (const [reason, code] of [
  ['too_many_streams', 'RESOURCE_EXHAUSTED'],
  ['bad_token', 'UNAUTHENTICATED'],
  ['unavailable', 'UNAVAILABLE'],
  ['unimplemented', 'UNIMPLEMENTED'],
] as const) {
  test(`refusing with ${reason}, a stream ends with ${code}`, async t => {
    const bench = await GeyserFaultBench.start(t);
    await bench.proxy.fault('geyser-refuse', { reason, times: 1 });
    const stream = await bench.subscribe({ slots: { s: {} } });
    await stream.ended();
    assert.equal(stream.code, code);
    assert.deepEqual(bench.proxy.faults, []);
  });
}

test('a stream is ended as lagged after so many updates, open ones at once', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  await bench.proxy.fault('geyser-end', { times: 1 });
  await stream.ended();
  assert.deepEqual([stream.code, stream.details], ['INTERNAL', 'lagged to receive geyser messages']);
  await bench.proxy.fault('geyser-end', { reason: 'ok', after: 3 });
  const second = await bench.subscribe({ transactions: { all: {} } });
  for (const text of ['a', 'b', 'c', 'd']) bench.emit(text);
  await second.ended();
  assert.equal(second.code, 'OK');
  // The pong of the subscription is the third message.
  assert.equal(transactionsOf(second).length, 2);
});

for (const style of ['random', 'cut', 'claim']) {
  test(`garbage (${style}) is no message`, async t => {
    const bench = await GeyserFaultBench.start(t);
    const stream = await bench.subscribe({ transactions: { all: {} } });
    await bench.proxy.fault('geyser-garbage', { style, times: 1 });
    bench.emit('one');
    bench.emit('two');
    await stream.until(() => transactionsOf(stream).length === 1);
    assert.equal(stream.malformed, 1);
  });
}

test('updates come twice', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} } });
  await bench.proxy.fault('geyser-duplicate');
  bench.emit('one');
  await stream.until(() => transactionsOf(stream).length === 2);
  assert.equal(transactionsOf(stream)[0], transactionsOf(stream)[1]);
});

test('the first updates of a slot are lost though its block says that they were there', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ transactions: { all: {} }, blocksMeta: { m: {} } });
  await bench.proxy.fault('geyser-lose', { updates: 2, times: 1 });
  for (const text of ['a', 'b', 'c']) bench.emit(text);
  bench.bank.closeSlot();
  await stream.until(({ updates }) => updates.some(({ blockMeta }) => blockMeta));
  assert.equal(transactionsOf(stream).length, 1);
  assert.equal(stream.updates.find(({ blockMeta }) => blockMeta)?.blockMeta?.executedTransactionCount, 3);
});

test('a slot is told as dead though the chain goes on with it', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribe({ slots: { s: {} } });
  await bench.proxy.fault('geyser-dead', { times: 1 });
  bench.bank.closeSlot();
  bench.bank.closeSlot();
  const statuses = () => stream.updates.flatMap(({ slot }) => (slot?.slot === 1 ? [slot.status] : []));
  await stream.until(() => statuses().length === 3);
  assert.deepEqual(statuses(), [0, 6, 1]);
});
