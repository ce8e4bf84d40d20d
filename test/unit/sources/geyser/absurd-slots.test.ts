import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { setUpGeyser, subscriptionOf } from './geyser-setup.ts';

const absurd = [2000, 2 ** 47, Number.MAX_SAFE_INTEGER];

for (const slot of absurd) {
  test(`one message of slot ${slot} on a chain at 110 is passed over, and the rest goes on`, async t => {
    const { chain, geyser, listener, source } = await setUpGeyser(t);
    for (let known = 100; known <= 110; known++) chain.add(known);
    geyser.onStream = stream => {
      for (let known = 100; known <= 105; known++) stream.send(...chain.messages(known, ['pipe']));
      stream.send(chain.status(slot, 1));
      for (let known = 106; known <= 110; known++) stream.send(...chain.messages(known, ['pipe']));
    };
    source.subscribe([subscriptionOf(99)]);
    await eventually(() => listener.last === 110);
    assert.equal(source.state().slot, 110);
    assert.deepEqual(listener.gaps, []);
    assert.equal(listener.transactions().length, 11);
    assert.equal(geyser.streams.length, 1);
  });
}

test('the very first message is not believed either, where providers say otherwise', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  chain.add(100).add(101);
  geyser.onStream = stream => {
    stream.send(chain.status(1_000_000, 1));
    for (const slot of [100, 101]) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf()]);
  await eventually(() => listener.last === 101);
  assert.equal(source.state().slot, 101);
});

test('an endpoint that goes on telling of absurd slots is given up for another one, and its state says why', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, {}, 2);
  for (let slot = 100; slot <= 110; slot++) chain.add(slot);
  geysers[0]!.onStream = stream => {
    for (let slot = 10_000; slot < 10_020; slot++) stream.send(chain.status(slot, 1));
  };
  geysers[1]!.onStream = stream => {
    for (let slot = 100; slot <= 110; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.match(source.state().endpoints[0]!.error!, /far from/);
  assert.deepEqual(listener.gaps, []);
});

test('after a long outage the providers say that the chain is there', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { maxBackfill: 10 });
  for (let slot = 9990; slot <= 10_005; slot++) chain.add(slot);
  geyser.onStream = stream => {
    for (let slot = 10_000; slot <= 10_005; slot++) stream.send(...chain.messages(slot, ['pipe']));
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 10_005);
  assert.equal(listener.gaps[0]!.gap.reason, 'too_long');
});

test('a stored checkpoint that the chain is far from is told as an error, also where the stream is silent', async t => {
  const { chain, source } = await setUpGeyser(t, { stallTimeoutMs: 100, pingIntervalMs: 40 });
  chain.add(100);
  source.subscribe([subscriptionOf(Number.MAX_SAFE_INTEGER - 10)]);
  await eventually(() => source.state().status === 'failed');
  assert.match(source.state().endpoints[0]!.error!, /checkpoint/);
});
