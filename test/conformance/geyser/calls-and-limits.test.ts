import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubscribeRequest } from '@triton-one/yellowstone-grpc';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { emitInstruction } from '../../support/event-program-instructions.ts';
import { eventually } from '../../support/eventually.ts';
import { GeyserBench, kindsOf, type Received } from './geyser-client.ts';

const alice = devnetKeypair(0);
const all = { accountInclude: [], accountExclude: [], accountRequired: [] };
const transactions = (name: string, filter: object = {}) =>
  ({ transactions: { [name]: { ...all, ...filter } } }) as unknown as Partial<SubscribeRequest>;

async function refusedWith(received: Received): Promise<string> {
  await eventually(() => received.error !== undefined, 'the end of a stream');
  // The vendor's client keeps the status in the cause.
  return String(received.error?.cause);
}

/** The vendor's client keeps the status of a stream that was not opened in the cause. */
const causedBy = (pattern: RegExp) => (error: Error) => pattern.test(String(error.cause));

test('calls are answered out of the bank', async t => {
  const bench = await GeyserBench.start(t, { bank: { finalizeAfter: 2 } });
  for (let slot = 0; slot < 5; slot++) bench.bank.closeSlot();
  const client = await bench.client();
  assert.equal(Number((await client.ping(7)).count), 7);
  assert.equal(Number((await client.getSlot(0)).slot), 5);
  assert.equal(Number((await client.getSlot(1)).slot), 4);
  assert.equal(Number((await client.getSlot(2)).slot), 3);
  assert.equal(
    Number((await client.getBlockHeight(1)).blockHeight),
    bench.bank.blockAt('confirmed').blockHeight,
  );
  const latest = await client.getLatestBlockhash(1);
  const { blockhash, blockHeight } = bench.bank.blockAt('confirmed');
  assert.equal(latest.blockhash, blockhash);
  assert.equal(Number(latest.lastValidBlockHeight), blockHeight + 150);
  assert.equal((await client.isBlockhashValid(blockhash, 1)).valid, true);
  assert.equal((await client.isBlockhashValid(bench.bank.blockAt('processed').blockhash, 2)).valid, false);
  assert.match((await client.getVersion()).version, /trunkline/);
  assert.equal(Number((await client.subscribeReplayInfo()).firstAvailable), 0);
});

test('the server pings every ten seconds', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe({});
  bench.clock.advance(30_000);
  await bench.settle(received);
  assert.equal(received.updates.filter(({ ping }) => ping).length, 3);
});

test('a request with a ping changes no filter; any other replaces all', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe(transactions('first'));
  received.send({ ...transactions('ignored'), ping: { id: 99 } });
  bench.execute(alice, emitInstruction(Buffer.from('a')));
  await bench.settle(received);
  received.send(transactions('second'));
  await bench.settle(received);
  bench.execute(alice, emitInstruction(Buffer.from('b')));
  await bench.settle(received);
  received.send({});
  await bench.settle(received);
  bench.execute(alice, emitInstruction(Buffer.from('c')));
  await bench.settle(received);
  const filters = received.updates.filter(update => update.transaction).map(update => update.filters);
  assert.deepEqual(filters, [['first'], ['second']]);
});

test('an update that several filters want comes once, with all their names', async t => {
  const bench = await GeyserBench.start(t);
  const wish = { transactions: { one: all, two: all } } as unknown as Partial<SubscribeRequest>;
  const received = await bench.subscribe(wish);
  bench.execute(alice, emitInstruction(Buffer.from('a')));
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['transaction 1']);
  const { filters } = received.updates.find(update => update.transaction)!;
  assert.deepEqual([...filters].sort(), ['one', 'two']);
});

for (const [title, wish, message] of [
  ['an entry filter', { entry: { e: {} } }, /no entries/],
  ['a key that is none', transactions('t', { accountInclude: ['not-a-key'] }), /no key of an account/],
  ['a signature that is none', transactions('t', { signature: '0' }), /no signature/],
  ['a name that is too long', transactions('n'.repeat(129)), /129 characters/],
  ['a commitment that there is not', { commitment: 3 }, /no commitment/],
  [
    'slices that overlap',
    {
      accountsDataSlice: [
        { offset: '0', length: '8' },
        { offset: '7', length: '8' },
      ],
    },
    /overlap/,
  ],
  [
    'too many filters',
    { slots: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`s${index}`, {}])) },
    /101 filters/,
  ],
] as const) {
  test(`${title} is refused`, async t => {
    const bench = await GeyserBench.start(t);
    const received = await bench.subscribe(wish as Partial<SubscribeRequest>);
    const error = await refusedWith(received);
    assert.match(error, message);
    assert.match(error, /InvalidArgument|INVALID_ARGUMENT|invalid argument/i);
  });
}

test('a stream from a slot that is not kept is OUT_OF_RANGE and says what is', async t => {
  const bench = await GeyserBench.start(t, { bank: { finalizeAfter: 2 }, server: { replaySlots: 5 } });
  for (let slot = 0; slot < 10; slot++) bench.bank.closeSlot();
  const client = await bench.client();
  const { firstAvailable } = await client.subscribeReplayInfo();
  assert.equal(Number(firstAvailable), 6);
  const received = await bench.subscribe({ ...transactions('t'), fromSlot: '5' });
  assert.match(await refusedWith(received), /broadcast from 5 is not available, last available: 6/);
  const served = await bench.subscribe({ blocksMeta: { m: {} }, fromSlot: '6' });
  assert.deepEqual(
    kindsOf(served),
    [6, 7, 8, 9, 10].map(slot => `block_meta ${slot}`),
  );
});

test('without the token, streams and calls are refused', async t => {
  const bench = await GeyserBench.start(t, { server: { token: 'secret' } });
  await assert.rejects(
    bench.subscribe(transactions('t'), 'wrong'),
    causedBy(/valid authentication credentials/),
  );
  const wrong = await bench.client('wrong');
  await assert.rejects(wrong.getSlot(), error => /auth token/.test(`${error} ${(error as Error).cause}`));
  const right = await bench.client('secret');
  assert.equal(Number((await right.getSlot()).slot), 0);
});

test('more streams than allowed are refused; a place is free again when one ends', async t => {
  const bench = await GeyserBench.start(t, { server: { maxStreams: 1 } });
  const first = await bench.subscribe(transactions('t'));
  await assert.rejects(
    bench.subscribe(transactions('t')),
    causedBy(/resource has been exhausted.*too many streams/),
  );
  first.end();
  await eventually(() => bench.server.streamCount === 0, 'the end of the first stream');
  const third = await bench.subscribe(transactions('t'));
  assert.equal(third.error, undefined);
});
