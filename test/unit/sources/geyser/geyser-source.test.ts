import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { eventually } from '../../../support/eventually.ts';
import { addressOf, signatureOf } from '../../../support/scripted-solana.ts';
import { filterOf, setUpGeyser, subscriptionOf } from './geyser-setup.ts';

const key = (slot: number, index = 0) => `${slot}:${encode(signatureOf(slot, index))}`;

test('updates and slots are told, and slots settle one after the other', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 105; slot++) chain.add(slot);
  geyser.onStream = stream => {
    for (let slot = 100; slot <= 105; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.last === 105);
  assert.deepEqual(
    listener.transactions('pipe'),
    [100, 101, 102, 103, 104, 105].map(slot => key(slot)),
  );
  assert.deepEqual(listener.settled, [100, 101, 102, 103, 104, 105]);
  assert.deepEqual(listener.late, []);
  assert.equal(source.state().status, 'streaming');
  assert.equal(geyser.last.token, 'secret');
});

test('a reconnection asks for what is not settled, and tells nothing twice', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 110; slot++) chain.add(slot, [['program'], ['payer', 'program']]);
  geyser.onStream = stream => {
    const from = stream.fromSlot ?? 100;
    for (let slot = from; slot < Math.min(111, from + 3); slot++)
      stream.send(...chain.messages(slot, ['pipe']));
    // The next slot begins, and does not end.
    if (from + 3 <= 110) stream.send(chain.messages(from + 3, ['pipe'])[0]!);
    setImmediate(() => stream.fail(status.UNAVAILABLE));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  const wanted = [];
  for (let slot = 100; slot <= 110; slot++) wanted.push(key(slot, 0), key(slot, 1));
  assert.deepEqual(listener.transactions(), wanted);
  assert.deepEqual(geyser.streams.map(({ fromSlot }) => fromSlot).slice(0, 4), [100, 103, 106, 109]);
  assert.deepEqual(listener.gaps, []);
});

test('what a stream cannot replay is fetched before anything later settles', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 90; slot <= 125; slot++) if (slot % 7 !== 0) chain.add(slot);
  geyser.onStream = stream => {
    if (stream.fromSlot! < 120) {
      stream.fail(
        status.OUT_OF_RANGE,
        `broadcast from ${stream.fromSlot} is not available, last available: 120`,
      );
      return;
    }
    for (let slot = 120; slot <= 125; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 125);
  const slots = [...chain.blocks.keys()].filter(slot => slot > 99);
  assert.deepEqual(
    listener.transactions(),
    slots.map(slot => key(slot)),
  );
  assert.deepEqual(
    geyser.streams.map(({ fromSlot }) => fromSlot),
    [100, 120],
  );
  assert.equal(listener.gaps.length, 1);
  const { gap, subscribers } = listener.gaps[0]!;
  assert.deepEqual([gap.fromSlot, gap.reason, gap.recovered], [100, 'expired', 'transactions']);
  assert.deepEqual(subscribers, ['pipe']);
  assert.deepEqual(listener.late, []);
});

test('filters are rewritten on the same stream, without a slot and without a ping', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 102; slot++) chain.add(slot);
  geyser.onStream = stream => stream.send(...chain.messages(100, ['pipe']));
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.last === 100);
  source.subscribe([
    subscriptionOf(),
    { id: 'blocks', since: undefined, filter: filterOf({ kind: 'block_meta' }) },
  ]);
  await eventually(() => geyser.last.filters.length === 2);
  assert.equal(geyser.streams.length, 1);
  const rewritten = geyser.last.filters[1]!;
  assert.deepEqual(Object.keys(rewritten.transactions), ['pipe']);
  assert.deepEqual(Object.keys(rewritten.blocksMeta), ['blocks']);
  assert.equal(rewritten.fromSlot ?? undefined, undefined);
  assert.equal(Object.values(rewritten.slots)[0]?.filterByCommitment, false);
});

test('a subscription that has to be told what went by gets it alone', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 110; slot++) chain.add(slot);
  geyser.onStream = stream => {
    const names = Object.keys(stream.filters[0]!.transactions);
    for (let slot = stream.fromSlot ?? 105; slot <= 110; slot++) stream.send(...chain.messages(slot, names));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.last === 110);
  source.subscribe([subscriptionOf(), subscriptionOf(100, 'late')]);
  await eventually(() => listener.transactions('late').length === 10);
  assert.deepEqual(
    listener.transactions('pipe'),
    [105, 106, 107, 108, 109, 110].map(slot => key(slot)),
  );
  assert.equal(listener.settled.filter(slot => slot === 110).length, 1);
});

test('nothing is read while the subscribers have no room', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 400; slot++) chain.add(slot);
  listener.hasRoom = false;
  geyser.onStream = stream => {
    for (let slot = 100; slot <= 400; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => source.state().status === 'paused');
  assert.ok(listener.updates.length <= 1);
  listener.hasRoom = true;
  await eventually(() => listener.last === 400);
  assert.equal(listener.transactions().length, 301);
});

test('of endpoints that race the first arrival counts, each update once', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, { mode: 'race' }, 2);
  for (let slot = 100; slot <= 120; slot++) chain.add(slot);
  for (const geyser of geysers) {
    geyser.onStream = stream => {
      for (let slot = stream.fromSlot!; slot <= 120; slot++) stream.send(...chain.messages(slot, ['pipe']));
    };
  }
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 120 && geysers.every(({ streams }) => streams.length > 0));
  geysers[0]!.last.fail(status.UNAVAILABLE);
  for (let slot = 121; slot <= 123; slot++) {
    chain.add(slot);
    geysers[1]!.last.send(...chain.messages(slot, ['pipe']));
  }
  await eventually(() => listener.last === 123);
  assert.equal(listener.transactions().length, 24);
  assert.equal(new Set(listener.transactions()).size, 24);
  assert.deepEqual(listener.gaps, []);
});

test('another endpoint takes over when the one that streams is gone', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, {}, 2);
  for (let slot = 100; slot <= 110; slot++) chain.add(slot);
  geysers[0]!.onStream = stream => stream.send(...chain.messages(100, ['pipe']));
  geysers[1]!.onStream = stream => {
    for (let slot = stream.fromSlot!; slot <= 110; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.last === 100);
  assert.equal(geysers[1]!.streams.length, 0);
  assert.deepEqual(
    source.state().endpoints.map(endpoint => endpoint.status),
    ['streaming', 'standby'],
  );
  geysers[0]!.stop();
  await eventually(() => listener.last === 110);
  assert.equal(geysers[1]!.last.fromSlot, 101);
  assert.equal(listener.transactions().length, 11);
});

test('a slot that the chain goes past without is told to be dead before anything later settles', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { commitment: 'processed' });
  for (let slot = 100; slot <= 103; slot++) chain.add(slot);
  chain.add(104, [['program']], 102).add(105, [['program']], 104);
  geyser.onStream = stream => {
    for (const slot of [100, 101, 102, 103, 104, 105]) stream.send(...chain.messages(slot, ['pipe'], 0));
    stream.send(chain.status(105, 1));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 105);
  assert.deepEqual(listener.slotsWith('dead'), [103]);
  assert.deepEqual(listener.slotsWith('confirmed'), [100, 101, 102, 104, 105]);
});

test('accounts of which writes were missed are read as they are, and the gap says so', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 106; slot++) chain.add(slot);
  geyser.onStream = stream => {
    if (stream.fromSlot !== undefined) stream.fail(status.UNIMPLEMENTED);
    else for (const slot of [105, 106]) stream.send(...chain.messages(slot, []));
  };
  const filter = filterOf({ kind: 'account', accounts: [addressOf('payer')] });
  source.subscribe([{ id: 'accounts', filter, since: 99 }]);
  await eventually(() => listener.last === 106);
  assert.deepEqual(
    listener.updates.map(({ update }) => update.kind),
    ['account'],
  );
  assert.deepEqual(
    listener.gaps.map(({ gap }) => [gap.reason, gap.recovered]),
    [['not_recoverable', 'none']],
  );
});

test('how far an endpoint can replay is asked for and told', async t => {
  const { chain, geyser, source } = await setUpGeyser(t);
  chain.add(100);
  geyser.replayFrom = 50;
  geyser.onStream = stream => stream.send(...chain.messages(100, ['pipe']));
  source.subscribe([subscriptionOf()]);
  await eventually(() => source.state().endpoints[0]!.replayFrom === 50);
});

test('an endpoint whose chain is far behind the checkpoint says so', async t => {
  const { chain, geyser, source } = await setUpGeyser(t);
  chain.add(100);
  geyser.onStream = stream => stream.send(...chain.messages(100, ['pipe']));
  source.subscribe([subscriptionOf(5000)]);
  await eventually(() => source.state().endpoints[0]!.error?.includes('reset') === true);
  assert.equal(source.state().status, 'failed');
});

test('while a backfill is stuck, only so much is read ahead', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 9500; slot++) chain.add(slot, []);
  chain.knownUpTo = 100;
  chain.tip = 9500;
  geyser.onStream = stream => {
    if (stream.fromSlot! < 200) stream.fail(status.OUT_OF_RANGE, 'last available: 200');
    else for (let slot = stream.fromSlot!; slot <= 9500; slot++) stream.send(...chain.messages(slot, []));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => source.state().status === 'backfilling' && source.state().slot >= 8000);
  const { slot } = source.state();
  assert.ok(slot < 8500, `${slot}`);
  chain.knownUpTo = undefined;
  await eventually(() => listener.last === 9500, 'the rest', 30_000);
});

test('a subscription with a past that comes before anything is settled opens the stream anew', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  for (let slot = 100; slot <= 105; slot++) chain.add(slot);
  geyser.onStream = stream => {
    const names = Object.keys(stream.filters[0]!.transactions);
    if (stream.fromSlot === undefined) stream.send(chain.messages(105, names)[0]!);
    else for (let slot = stream.fromSlot; slot <= 105; slot++) stream.send(...chain.messages(slot, names));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.updates.length === 1);
  source.subscribe([subscriptionOf(), subscriptionOf(99, 'past')]);
  await eventually(() => listener.last === 105);
  assert.equal(listener.transactions('past').length, 6);
  assert.deepEqual(
    listener.transactions('pipe').filter(told => told === key(105)),
    [key(105)],
  );
});

test('with max_backfill 0 nothing is fetched: all that a stream cannot replay is a gap, and it goes on', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { maxBackfill: 0 });
  for (let slot = 100; slot <= 125; slot++) chain.add(slot);
  geyser.onStream = stream => {
    if (stream.fromSlot! < 120) {
      const why = `broadcast from ${stream.fromSlot} is not available, last available: 120`;
      stream.fail(status.OUT_OF_RANGE, why);
      return;
    }
    for (let slot = 120; slot <= 125; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 125);
  await eventually(() => source.state().status === 'streaming');
  assert.deepEqual(
    listener.transactions(),
    [120, 121, 122, 123, 124, 125].map(slot => key(slot)),
  );
  assert.deepEqual(
    listener.gaps.map(({ gap }) => [gap.fromSlot, gap.toSlot, gap.reason, gap.recovered]),
    [[100, 119, 'too_long', 'none']],
  );
  assert.deepEqual(
    chain.called.filter(method => method !== 'getSlot' && method !== 'getBlocks'),
    [],
  );
});
