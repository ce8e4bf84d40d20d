import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import type { LogsSourceOptions } from '../../../../src/sources/logs/logs-options.ts';
import { LogsSource } from '../../../../src/sources/logs/logs-source.ts';
import { logsSourceChild, logsSourceName } from '../../../../src/sources/logs/logs-source-process.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordingSourceListener } from '../../../support/recording-source-listener.ts';
import { ScriptedHub } from '../../../support/scripted-hub.ts';
import { addressOf, ScriptedSolana, signatureOf } from '../../../support/scripted-solana.ts';
import { subscriptionOf } from '../geyser/geyser-setup.ts';

const key = (slot: number, index = 0) => `${slot}:${encode(signatureOf(slot, index))}`;

async function setUp(t: TestContext, options: Partial<LogsSourceOptions> = {}) {
  const clock = new ManualClock();
  const chain = new ScriptedSolana();
  const hub = new ScriptedHub();
  const listener = new RecordingSourceListener();
  const source = new LogsSource(
    { chain: 'test', commitment: 'confirmed', ...options },
    { listener, streams: hub, calls: chain, clock, log: silentLog, metrics: silentMetrics },
  );
  const system = new ProcessSystem({ clock });
  await startSupervisor(
    system,
    supervisorSpec({ id: 'source:test', strategy: 'one_for_one', children: [logsSourceChild(source)] }),
  );
  t.after(() => system.stop());
  /** The transactions of a slot happen and are notified of, by all streams or by that of one program. */
  const notify = (slot: number, index = 0, err: unknown = null, program?: string) =>
    hub.emit(program === undefined ? 'logsSubscribe' : addressOf(program), {
      context: { slot },
      value: { signature: encode(signatureOf(slot, index)), err, logs: [] },
    });
  const settle = (ms = 0) => clock.advanceAndSettle(ms);
  return { chain, hub, listener, source, system, notify, settle };
}

test('what logs tell of is fetched and told at once, and settles with the next comparison', async t => {
  const { chain, hub, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  assert.deepEqual(listener.settled, [100]);
  const params = [...hub.streams.keys()].find(name => name.includes('logsSubscribe'));
  assert.equal(
    params,
    `["logsSubscribe",{"mentions":["${addressOf('program')}"]},{"commitment":"confirmed"}]`,
  );
  chain.add(101).add(102);
  notify(101);
  await settle();
  assert.deepEqual(listener.transactions('pipe'), [key(100), key(101)]);
  assert.deepEqual(listener.settled, [100]);
  await settle(2000);
  assert.deepEqual(listener.transactions('pipe'), [key(100), key(101), key(102)]);
  assert.deepEqual(listener.settled, [100, 102]);
  assert.deepEqual(listener.late, []);
  assert.deepEqual(listener.gaps, []);
});

test('what no notification told of is found: after a restart, an outage of the streams, a lost event', async t => {
  const { chain, hub, listener, source, system, settle } = await setUp(t);
  for (let slot = 100; slot <= 140; slot++)
    if (slot % 5 !== 0) chain.add(slot, [['program'], ['other'], ['payer', 'program']]);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  hub.isDown = true;
  hub.end();
  for (let slot = 141; slot <= 150; slot++) chain.add(slot, [['program']]);
  system.exit(logsSourceName(source), 'kill');
  await settle(2000);
  await settle(2000);
  const wanted: string[] = [];
  for (const { slot, transactions } of chain.blocks.values()) {
    for (const { index, keys } of transactions) if (keys.includes('program')) wanted.push(key(slot, index));
  }
  assert.deepEqual(listener.transactions(), wanted);
  assert.equal(listener.last, 150);
  hub.isDown = false;
  await settle(2000);
  assert.equal(hub.streams.size, 2);
});

test('a transaction is told once, whether notified of twice, or found meanwhile', async t => {
  const { chain, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  chain.add(101);
  notify(101);
  notify(101);
  await settle(2000);
  notify(101);
  await settle(2000);
  assert.deepEqual(listener.transactions(), [key(100), key(101)]);
});

test('what one program did is told in its order, though another stream tells of some of it before; each is fetched once', async t => {
  const { chain, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99), subscriptionOf(99, 'other', { programs: [addressOf('other')] })]);
  await settle();
  chain.called.length = 0;
  chain.add(101, [['other'], ['other', 'program'], ['other'], ['program']]);
  for (const index of [1, 3]) notify(101, index, null, 'program');
  for (const index of [0, 1, 2]) notify(101, index, null, 'other');
  await settle();
  assert.deepEqual(listener.transactions('pipe'), [key(100), key(101, 1), key(101, 3)]);
  assert.deepEqual(listener.transactions('other'), [key(101, 0), key(101, 1), key(101, 2)]);
  await settle(2000);
  assert.equal(chain.called.filter(method => method === 'getTransaction').length, 4);
  assert.equal(listener.updates.filter(({ update }) => update.kind === 'transaction').length, 6);
});

test('what the stream of another program did not tell of is told with the next comparison', async t => {
  const { chain, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99), subscriptionOf(99, 'other', { programs: [addressOf('other')] })]);
  await settle();
  chain.add(101, [['other', 'program']]);
  notify(101, 0, null, 'program');
  await settle();
  assert.deepEqual(listener.transactions('pipe'), [key(100), key(101)]);
  assert.deepEqual(listener.transactions('other'), []);
  await settle(2000);
  assert.deepEqual(listener.transactions('pipe'), [key(100), key(101)]);
  assert.deepEqual(listener.transactions('other'), [key(101)]);
});

test('failed transactions are fetched only where they are wanted', async t => {
  const { chain, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99), subscriptionOf(99, 'all', { failed: true })]);
  await settle();
  chain.add(101, [['payer', 'failed', 'program']]);
  notify(101, 0, 'AccountInUse');
  await settle();
  assert.deepEqual(listener.transactions('pipe'), [key(100)]);
  assert.deepEqual(listener.transactions('all'), [key(100), key(101)]);
});

test('a slot that was processed and is not on the chain is dead', async t => {
  const { chain, hub, listener, source, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  hub.emit('slotSubscribe', { slot: 101, parent: 100, root: 70 });
  hub.emit('slotSubscribe', { slot: 102, parent: 100, root: 70 });
  chain.add(102, [['program']], 100);
  await settle(2000);
  assert.deepEqual(listener.slotsWith('dead'), [101]);
  assert.deepEqual(listener.slotsWith('confirmed'), [100, 102]);
  assert.ok(listener.slotsWith('finalized').includes(102));
});

for (const [how, away] of [
  ['that leaves', []],
  ['that is paused', [{ ...subscriptionOf(100), isPaused: true }]],
] as const) {
  test(`a subscriber ${how} while slots are fetched, and comes back before they settle, is told all of them`, async t => {
    const { chain, listener, source, settle } = await setUp(t);
    chain.add(100);
    source.subscribe([subscriptionOf(99)]);
    await settle();
    for (let slot = 101; slot <= 104; slot++) chain.add(slot);
    const held = new Map(
      [101, 104].map(slot => [encode(signatureOf(slot, 0)), Promise.withResolvers<void>()]),
    );
    const release = (slot: number) => held.get(encode(signatureOf(slot, 0)))!.resolve();
    const call = chain.call.bind(chain);
    t.mock.method(chain, 'call', async (method: string, params: readonly unknown[]) => {
      if (method === 'getTransaction') await held.get(String(params[0]))?.promise;
      return call(method, params);
    });
    await settle(2000);
    source.subscribe(away);
    release(101);
    await settle();
    source.subscribe([subscriptionOf(100)]);
    release(104);
    await settle();
    await settle(2000);
    assert.deepEqual(
      listener.transactions(),
      [100, 101, 102, 103, 104].map(slot => key(slot)),
    );
    assert.equal(listener.last, 104);
  });
}

test('who comes while slots are fetched is told them as well before they settle, in order', async t => {
  const { chain, listener, source, settle } = await setUp(t);
  for (let slot = 90; slot <= 100; slot++) chain.add(slot);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  for (let slot = 101; slot <= 110; slot++) chain.add(slot);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const call = chain.call.bind(chain);
  t.mock.method(chain, 'call', async (method: string, params: readonly unknown[]) => {
    if (method === 'getTransaction' && params[0] === encode(signatureOf(105, 0))) await held;
    return call(method, params);
  });
  await settle(2000);
  source.subscribe([subscriptionOf(99), subscriptionOf(95, 'late')]);
  release();
  for (let turn = 0; turn < 5 && listener.last < 110; turn++) await settle();
  const slots = (from: number) => Array.from({ length: 111 - from }, (_, n) => key(from + n));
  assert.deepEqual(listener.transactions('pipe'), slots(100));
  assert.deepEqual(listener.transactions('late'), slots(96));
  assert.equal(listener.last, 110);
  assert.deepEqual(listener.gaps, []);
});

test('a provider that is behind does not make slots settle', async t => {
  const { chain, listener, source, settle } = await setUp(t);
  for (let slot = 100; slot <= 110; slot++) chain.add(slot);
  chain.failures = 3;
  source.subscribe([subscriptionOf(99)]);
  await settle();
  assert.deepEqual(listener.settled, []);
  for (let i = 0; i < 10; i++) await settle(1000);
  assert.equal(listener.last, 110);
  assert.equal(listener.transactions().length, 11);
});

test('after an outage of more slots than may be fetched the oldest are a gap', async t => {
  const { chain, listener, source, settle } = await setUp(t, { maxBackfill: 10 });
  for (let slot = 100; slot <= 130; slot++) chain.add(slot);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  assert.deepEqual(
    listener.gaps.map(({ gap }) => [gap.fromSlot, gap.toSlot, gap.reason, gap.recovered]),
    [[100, 120, 'too_long', 'none']],
  );
  assert.equal(listener.transactions().length, 10);
});

test('nothing is fetched while the subscribers have no room', async t => {
  const { chain, listener, source, settle } = await setUp(t);
  for (let slot = 100; slot <= 120; slot++) chain.add(slot);
  listener.hasRoom = false;
  source.subscribe([subscriptionOf(99)]);
  await settle();
  assert.equal(source.state().status, 'paused');
  assert.deepEqual(listener.updates, []);
  listener.hasRoom = true;
  await settle();
  await settle();
  assert.equal(listener.transactions().length, 21);
});

test('notifications that do not read are passed over', async t => {
  const { chain, hub, listener, source, settle } = await setUp(t);
  chain.add(100);
  source.subscribe([subscriptionOf(99)]);
  await settle();
  for (const value of [
    null,
    5,
    {},
    { context: {}, value: {} },
    { context: { slot: 'x' }, value: { signature: 1 } },
  ]) {
    hub.emit('logsSubscribe', value);
    hub.emit('slotSubscribe', value);
  }
  await settle(2000);
  assert.equal(listener.last, 100);
});

test('who was paused is told what providers list of that time, alone and once', async t => {
  const { chain, listener, source, notify, settle } = await setUp(t);
  chain.add(100);
  const other = subscriptionOf(99, 'other');
  source.subscribe([subscriptionOf(99), other]);
  await settle();
  source.subscribe([{ ...subscriptionOf(99), isPaused: true }, other]);
  for (let slot = 101; slot <= 160; slot++) chain.add(slot);
  notify(150);
  await settle(2000);
  assert.deepEqual([listener.transactions('pipe'), listener.last], [[key(100)], 160]);
  source.subscribe([subscriptionOf(99), other]);
  await settle(2000);
  chain.add(161);
  await settle(2000);
  const wanted = Array.from({ length: 62 }, (_, i) => key(100 + i));
  assert.deepEqual(listener.transactions('pipe'), wanted);
  assert.deepEqual([...listener.transactions('other')].sort(), wanted);
  assert.deepEqual(listener.settled, [100, 160, 161]);
  assert.deepEqual(listener.gaps, []);
});
