import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { encode } from '../../../../src/chains/solana/base58.ts';
import type { GeyserSourceOptions } from '../../../../src/sources/geyser/geyser-options.ts';
import type { SourceSubscription } from '../../../../src/sources/source.ts';
import { eventually } from '../../../support/eventually.ts';
import { signatureOf } from '../../../support/scripted-solana.ts';
import { filterOf, setUpGeyser, subscriptionOf } from './geyser-setup.ts';

const key = (slot: number, index = 0) => `${slot}:${encode(signatureOf(slot, index))}`;
const keys = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => key(from + i));
const slots: SourceSubscription = { id: 'slots', since: undefined, filter: filterOf({ kind: 'slot' }) };

/** A chain whose streams replay as far as `replayFrom`, for the filters that they have by then. */
async function setUp(t: TestContext, options: Partial<GeyserSourceOptions> = {}) {
  const parts = await setUpGeyser(t, options);
  const { chain, geyser, listener, source } = parts;
  const state = { replayFrom: 0 };
  const names = () => Object.keys(geyser.last.filters.at(-1)!.transactions);
  geyser.onStream = stream => {
    const from = stream.fromSlot ?? chain.newest;
    if (from < state.replayFrom) {
      const why = `broadcast from ${from} is not available, last available: ${state.replayFrom}`;
      stream.fail(status.OUT_OF_RANGE, why);
      return;
    }
    for (let slot = from; slot <= chain.newest; slot++) stream.send(...chain.messages(slot, names()));
  };
  /** Blocks happen. */
  const happen = async (from: number, to: number) => {
    for (let slot = from; slot <= to; slot++) {
      chain.add(slot);
      geyser.last.send(...chain.messages(slot, names()));
    }
    await eventually(() => listener.last === to, `slot ${to} settles`);
  };
  const steer = async (...subscriptions: SourceSubscription[]) => {
    const { streams } = geyser;
    const before = [streams.length, streams.at(-1)?.filters.length ?? 0];
    source.subscribe(subscriptions);
    await eventually(() => streams.length > before[0]! || geyser.last.filters.length > before[1]!);
  };
  chain.add(99);
  await steer(subscriptionOf(99), subscriptionOf(99, 'other'), slots);
  await happen(100, 104);
  return { ...parts, state, names, happen, steer };
}

const paused = { ...subscriptionOf(99), isPaused: true };

test('who is paused is asked nothing for, told nothing and holds up nobody', async t => {
  const { geyser, listener, names, happen, steer } = await setUp(t);
  await steer(paused, subscriptionOf(99, 'other'), slots);
  assert.deepEqual([names(), geyser.streams.length], [['other'], 1]);
  await happen(105, 120);
  assert.deepEqual(listener.transactions('pipe'), keys(100, 104));
  assert.deepEqual(listener.transactions('other'), keys(100, 120));
});

test('who goes on is told alone what went by, before the next slot settles, and nothing again', async t => {
  const { chain, geyser, listener, happen, steer } = await setUp(t);
  // Told before the pause, and not settled.
  chain.add(105, [['program'], ['payer', 'program']]);
  geyser.last.send(...chain.messages(105, ['pipe', 'other']).slice(0, 1));
  await eventually(() => listener.transactions('pipe').length === 6);
  await steer(paused, subscriptionOf(99, 'other'), slots);
  geyser.last.send(...chain.messages(105, ['other']).slice(1));
  await happen(106, 180);
  const settled = listener.settled.length;
  await steer(subscriptionOf(99), subscriptionOf(99, 'other'), slots);
  await happen(181, 183);
  const wanted = [...keys(100, 105), key(105, 1), ...keys(106, 183)];
  assert.deepEqual(listener.transactions('pipe'), wanted);
  assert.deepEqual(listener.transactions('other'), wanted);
  assert.deepEqual(listener.settled.slice(settled), [181, 182, 183]);
  assert.deepEqual(
    geyser.streams.map(({ fromSlot }) => fromSlot),
    [100, 105],
  );
  assert.deepEqual(listener.gaps, []);
});

test('each status of a slot comes once to who reads slots, whoever else goes back', async t => {
  const { listener, happen, steer } = await setUp(t);
  await steer(paused, subscriptionOf(99, 'other'), slots);
  await happen(105, 1500);
  await steer(subscriptionOf(99), subscriptionOf(99, 'other'), slots);
  await happen(1501, 1502);
  const told = listener.updates
    .filter(({ update, subscribers }) => update.kind === 'slot' && subscribers.includes('slots'))
    .map(({ update }) => JSON.stringify(update));
  assert.equal(new Set(told).size, told.length);
  assert.equal(listener.slots.length, told.length);
  assert.equal(listener.slotsWith('confirmed').length, 1502 - 99);
});

test('a reader of slots that was paused is told of those that it missed', async t => {
  const { listener, happen, steer } = await setUp(t);
  await steer(subscriptionOf(99), { ...slots, isPaused: true });
  await happen(105, 110);
  await steer(subscriptionOf(99), slots);
  await happen(111, 112);
  const told = listener.updates.flatMap(({ update, subscribers }) =>
    update.kind === 'slot' && update.status === 'confirmed' && subscribers.includes('slots')
      ? [update.slot]
      : [],
  );
  assert.deepEqual(
    told,
    Array.from({ length: 13 }, (_, i) => 100 + i),
  );
});

test('what cannot be replayed to who goes on is fetched for it alone; beyond max_backfill there is a gap', async t => {
  const { listener, state, happen, steer } = await setUp(t, { maxBackfill: 10 });
  await steer(paused, subscriptionOf(99, 'other'), slots);
  await happen(105, 160);
  state.replayFrom = 141;
  await steer(subscriptionOf(99), subscriptionOf(99, 'other'), slots);
  await eventually(() => listener.transactions('pipe').length === 5 + 10 + 20);
  await happen(161, 161);
  assert.deepEqual(
    listener.gaps.map(({ gap, subscribers }) => [gap.fromSlot, gap.toSlot, gap.reason, subscribers]),
    [
      [105, 130, 'too_long', ['pipe']],
      [131, 140, 'expired', ['pipe']],
    ],
  );
  assert.deepEqual(listener.transactions('other'), keys(100, 161));
  assert.deepEqual(
    listener.late.filter(slot => slot > 160),
    [],
  );
});

test('who is paused and goes on while it is fetched for is told what was fetched, and the gap once', async t => {
  const { chain, source, listener, state, happen, steer } = await setUp(t);
  const other = subscriptionOf(99, 'other');
  await steer(paused, other, slots);
  await happen(105, 110);
  state.replayFrom = 109;
  const answer = chain.call.bind(chain);
  chain.call = async (method, params) => {
    const answered = await answer(method, params);
    if (method === 'getBlock' || method === 'getTransaction') {
      chain.call = answer;
      source.subscribe([paused, other, slots]);
      source.subscribe([subscriptionOf(99), other, slots]);
    }
    return answered;
  };
  await steer(subscriptionOf(99), other, slots);
  await eventually(() => listener.gaps.length > 0);
  await happen(111, 112);
  assert.deepEqual([...listener.transactions('pipe')].sort(), keys(100, 112));
  assert.deepEqual(listener.transactions('other'), keys(100, 112));
  assert.deepEqual(
    listener.gaps.map(({ gap, subscribers }) => [gap.fromSlot, gap.toSlot, gap.reason, subscribers]),
    [[105, 108, 'expired', ['pipe']]],
  );
});

test('two that go on one after the other are each told what they missed', async t => {
  const { listener, happen, steer } = await setUp(t);
  const other = subscriptionOf(99, 'other');
  await steer(paused, other, slots);
  await happen(105, 110);
  await steer(paused, { ...other, isPaused: true }, slots);
  await happen(111, 130);
  await steer(paused, other, slots);
  await steer(subscriptionOf(99), other, slots);
  await happen(131, 132);
  assert.deepEqual(listener.transactions('pipe'), keys(100, 132));
  assert.deepEqual(listener.transactions('other'), keys(100, 132));
});

test('who left with work undone and comes back is told it again', async t => {
  const { listener, happen, steer } = await setUp(t);
  await steer(subscriptionOf(99, 'other'), slots);
  await happen(105, 106);
  await steer(subscriptionOf(102), subscriptionOf(99, 'other'), slots);
  await happen(107, 108);
  assert.deepEqual(listener.transactions('pipe'), [...keys(100, 104), ...keys(103, 108)]);
});
