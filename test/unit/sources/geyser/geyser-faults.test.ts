import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { geyserConnectionName } from '../../../../src/sources/geyser/geyser-connection.ts';
import { eventually } from '../../../support/eventually.ts';
import type { GeyserClientStream } from '../../../support/scripted-geyser.ts';
import { type ScriptedSolana, signatureOf } from '../../../support/scripted-solana.ts';
import { setUpGeyser, subscriptionOf } from './geyser-setup.ts';

const key = (slot: number, index = 0) => `${slot}:${encode(signatureOf(slot, index))}`;

/** Replays what the stream asks for, up to the newest block. */
function replay(chain: ScriptedSolana, stream: GeyserClientStream, from = stream.fromSlot ?? 100): void {
  for (let slot = from; slot <= chain.newest; slot++) {
    if (chain.blocks.has(slot)) stream.send(...chain.messages(slot, ['pipe']));
  }
}

function build(chain: ScriptedSolana, to = 110): void {
  for (let slot = 100; slot <= to; slot++) chain.add(slot);
}

test('an endpoint that accepts and never answers is left for another one', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, { connectTimeoutMs: 100 }, 2);
  build(chain);
  geysers[0]!.isSilent = true;
  geysers[1]!.onStream = stream => replay(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.match(source.state().endpoints[0]!.error!, /cannot be reached/);
});

test('a connection that is reset in a burst is taken up where it was', async t => {
  const { chain, geyser, listener, source, proxy } = await setUpGeyser(t);
  build(chain, 400);
  geyser.onStream = stream => {
    for (let slot = stream.fromSlot!; slot < Math.min(401, stream.fromSlot! + 60); slot++) {
      stream.send(...chain.messages(slot, ['pipe']));
    }
  };
  source.subscribe([subscriptionOf(99)]);
  for (let last = -1; last < 400; last = listener.last) {
    await eventually(() => listener.last > last);
    proxy.cut();
  }
  assert.ok(geyser.streams.length > 1);
  assert.equal(listener.transactions().length, 301);
  assert.equal(new Set(listener.transactions()).size, 301);
  assert.deepEqual(listener.late, []);
});

test('a stream that answers pings and tells nothing is given up while the chain goes on', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(
    t,
    { stallTimeoutMs: 100, pingIntervalMs: 40 },
    2,
  );
  build(chain, 105);
  geysers[0]!.onStream = stream => replay(chain, stream);
  geysers[1]!.onStream = stream => replay(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 105);
  for (let slot = 106; slot <= 110; slot++) chain.add(slot);
  await eventually(() => listener.last === 110);
  assert.ok(geysers[0]!.streams[0]!.pings > 0);
  assert.equal(geysers[1]!.last.fromSlot, 106);
  assert.equal(listener.transactions().length, 11);
  assert.match(source.state().endpoints[0]!.error!, /nothing while the chain went on/);
});

test('a stream is kept while the chain itself stands still', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, {
    stallTimeoutMs: 30,
    pingIntervalMs: 10,
  });
  build(chain, 105);
  geyser.onStream = stream => replay(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 105);
  await eventually(() => chain.called.filter(method => method === 'getSlot').length >= 3);
  assert.equal(geyser.streams.length, 1);
});

test('pings of the server are answered', async t => {
  const { geyser, source } = await setUpGeyser(t);
  geyser.onStream = stream => stream.send({ ping: {} });
  source.subscribe([subscriptionOf()]);
  await eventually(() => geyser.streams[0]?.pings === 1);
});

test('a stream that is silent, pings included, is given up', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, {
    pingIntervalMs: 20,
    keepaliveTimeoutMs: 40,
    keepaliveIntervalMs: 60_000,
  });
  build(chain);
  geyser.onStream = stream => {
    if (geyser.streams.length === 1) stream.mute();
    else replay(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.match(source.state().endpoints[0]!.error!, /silent/);
});

for (const [by, options] of [
  ['HTTP/2 keepalive', { keepaliveIntervalMs: 30, keepaliveTimeoutMs: 30 }],
  ['pings of the protocol', { pingIntervalMs: 20, keepaliveIntervalMs: 60_000, keepaliveTimeoutMs: 40 }],
] as const) {
  test(`a connection that is half-open is found by ${by}, and taken up where it was [fault 4]`, async t => {
    const { chain, geyser, listener, source, proxy } = await setUpGeyser(t, {
      pingIntervalMs: 60_000,
      stallTimeoutMs: 60_000,
      ...options,
    });
    build(chain, 105);
    geyser.onStream = stream => replay(chain, stream);
    source.subscribe([subscriptionOf(99)]);
    await eventually(() => listener.last === 105);
    proxy.freeze();
    for (let slot = 106; slot <= 110; slot++) chain.add(slot);
    await eventually(() => listener.last === 110);
    assert.equal(geyser.last.fromSlot, 106);
    assert.equal(new Set(listener.transactions()).size, 11);
    assert.equal(listener.transactions().length, 11);
  });
}

test('bytes that are no message end the stream, and it goes on where it was', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  build(chain);
  geyser.onStream = stream => {
    stream.send(...chain.messages(stream.fromSlot ?? 100, ['pipe']));
    if (geyser.streams.length <= 3) stream.send(Buffer.from('0a0a0a0a0affffffff', 'hex'));
    else replay(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.equal(new Set(listener.transactions()).size, 11);
  assert.equal(listener.transactions().length, 11);
});

test('a message larger than the limit is not asked for over and over', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { maxMessageBytes: 20_000 });
  build(chain);
  geyser.onStream = stream => {
    if (stream.fromSlot !== undefined) stream.send(Buffer.alloc(30_000));
    else replay(chain, stream, 109);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.deepEqual(
    geyser.streams.map(({ fromSlot }) => fromSlot),
    [100, 100, undefined],
  );
  assert.equal(listener.transactions().length, 11);
  assert.match(source.state().endpoints[0]!.error!, /max_message_bytes/);
});

test('the same request is not made for ever when the endpoint fails on it', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  build(chain);
  geyser.onStream = stream => {
    if (stream.fromSlot !== undefined) stream.fail(status.INTERNAL, 'boom');
    else replay(chain, stream, 108);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 110);
  assert.deepEqual(
    geyser.streams.map(({ fromSlot }) => fromSlot),
    [100, 100, undefined],
  );
  assert.deepEqual(
    listener.gaps.map(({ gap }) => [gap.fromSlot, gap.recovered]),
    [[100, 'transactions']],
  );
  assert.deepEqual(
    [...listener.transactions()].sort(),
    [...chain.blocks.keys()].map(slot => key(slot)).sort(),
  );
});

test('an endpoint that refuses the token fails in the open, and what it says is not repeated', async t => {
  const { geyser, source } = await setUpGeyser(t);
  geyser.onStream = stream => stream.fail(status.UNAUTHENTICATED, 'token secret is no good at http://host');
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => source.state().status === 'failed');
  assert.doesNotMatch(JSON.stringify(source.state()), /secret|http|127\.0\.0\.1/);
});

test('a replay that expires again and again while it is asked for still ends', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  build(chain, 130);
  let oldest = 110;
  geyser.onStream = stream => {
    oldest++;
    if (stream.fromSlot! < oldest) {
      stream.fail(
        status.OUT_OF_RANGE,
        `broadcast from ${stream.fromSlot} is not available, last available: ${oldest}`,
      );
    } else replay(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 130);
  assert.equal(new Set(listener.transactions()).size, 31);
});

test('a backfill waits for providers that fail, and nothing settles past it', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t);
  build(chain);
  chain.failures = 2;
  chain.knownUpTo = 104;
  geyser.onStream = stream => {
    if (stream.fromSlot! < 108) stream.fail(status.OUT_OF_RANGE, 'last available: 108');
    else replay(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => chain.called.length >= 5);
  assert.deepEqual(listener.settled, []);
  assert.equal(source.state().status, 'backfilling');
  chain.knownUpTo = undefined;
  await eventually(() => listener.last === 110);
  assert.equal(listener.transactions().length, 11);
  assert.deepEqual(listener.late, []);
});

test('of more slots than may be fetched the oldest are a gap', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { maxBackfill: 20 });
  build(chain, 150);
  geyser.onStream = stream => {
    if (stream.fromSlot! < 148) stream.fail(status.OUT_OF_RANGE, 'last available: 148');
    else replay(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 150);
  const { gap } = listener.gaps[0]!;
  assert.deepEqual([gap.fromSlot, gap.toSlot, gap.reason, gap.recovered], [100, 127, 'too_long', 'none']);
  assert.equal(listener.transactions().length, 23);
});

test('a connection process that is killed is replaced, without a loss and without a repetition', async t => {
  const { chain, geyser, listener, source, system } = await setUpGeyser(t);
  build(chain, 105);
  geyser.onStream = stream => replay(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 105);
  for (let slot = 106; slot <= 110; slot++) chain.add(slot);
  system.exit(geyserConnectionName(source, 'geyser-1'), 'kill');
  await eventually(() => listener.last === 110);
  assert.equal(listener.transactions().length, 11);
  assert.deepEqual(
    geyser.streams.map(({ isOpen, fromSlot }) => [isOpen, fromSlot]),
    [
      [false, 100],
      [true, 106],
    ],
  );
});
