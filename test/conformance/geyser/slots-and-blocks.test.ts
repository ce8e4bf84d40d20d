import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitmentLevel, type SubscribeRequest } from '@triton-one/yellowstone-grpc';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { emitInstruction } from '../../support/event-program-instructions.ts';
import { GeyserBench, kindsOf } from './geyser-client.ts';

const alice = devnetKeypair(0);
const bob = devnetKeypair(1);
const emit = (text: string) => emitInstruction(Buffer.from(text));
const key = alice.publicKey.toBase58();

/** One filter of each kind that the order inside a slot shows in. */
const everything = {
  accounts: { a: { account: [key], owner: [], filters: [] } },
  transactions: { t: { accountInclude: [], accountExclude: [], accountRequired: [] } },
  blocks: { b: { accountInclude: [] } },
  blocksMeta: { m: {} },
  slots: { s: { filterByCommitment: true } },
} as unknown as Partial<SubscribeRequest>;
const slots = (filter: object = {}) => ({ slots: { s: filter } }) as Partial<SubscribeRequest>;

test('at processed, a slot comes while it is executed: content, block, its meta, the status', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe(everything);
  bench.execute(alice, emit('x'));
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['account 1', 'transaction 1']);
  bench.bank.closeSlot();
  await bench.settle(received);
  assert.deepEqual(kindsOf(received).slice(2), ['block 1', 'block_meta 1', 'slot 1 processed']);
});

for (const [commitment, after] of [
  [CommitmentLevel.CONFIRMED, 1],
  [CommitmentLevel.FINALIZED, 3],
] as const) {
  test(`at ${CommitmentLevel[commitment]}, a slot comes when it is, in the same order`, async t => {
    const bench = await GeyserBench.start(t);
    const received = await bench.subscribe({ ...everything, commitment });
    bench.execute(alice, emit('x'));
    for (let slot = 0; slot < after; slot++) bench.bank.closeSlot();
    await bench.settle(received);
    assert.deepEqual(
      kindsOf(received).filter(kind => !kind.endsWith(' 0')),
      [],
    );
    bench.bank.closeSlot();
    await bench.settle(received);
    const expected = ['account 1', 'transaction 1', 'block 1', 'block_meta 1'];
    assert.deepEqual(kindsOf(received).slice(0, 4), expected);
    assert.match(String(kindsOf(received)[4]), /^slot 1 (confirmed|finalized)$/);
  });
}

test('slots come with all statuses, and only with that of the stream when asked for', async t => {
  const bench = await GeyserBench.start(t, { bank: { finalizeAfter: 2 } });
  const all = await bench.subscribe(slots());
  const one = await bench.subscribe({ ...slots({ filterByCommitment: true }), commitment: 1 });
  for (let slot = 0; slot < 3; slot++) bench.bank.closeSlot();
  await bench.settle(all);
  await bench.settle(one);
  const of1 = (kinds: string[]) => kinds.filter(kind => kind.startsWith('slot 1 '));
  assert.deepEqual(of1(kindsOf(all)), ['slot 1 processed', 'slot 1 confirmed', 'slot 1 finalized']);
  assert.deepEqual(of1(kindsOf(one)), ['slot 1 confirmed']);
});

test('a dead slot is told to those who ask for what is between the commitments', async t => {
  const bench = await GeyserBench.start(t, { bank: { confirmAfter: 5, finalizeAfter: 8 } });
  const between = await bench.subscribe({ ...everything, ...slots({ interslotUpdates: true }) });
  const plain = await bench.subscribe(slots());
  bench.execute(alice, emit('x'));
  assert.deepEqual(bench.bank.fork(1, { drop: true }), [1]);
  bench.execute(bob, emit('y'));
  bench.bank.closeSlot();
  await bench.settle(between);
  await bench.settle(plain);
  assert.deepEqual(
    kindsOf(between).filter(kind => kind.startsWith('slot')),
    ['slot 1 completed', 'slot 1 processed', 'slot 1 dead', 'slot 2 completed', 'slot 2 processed'],
  );
  assert.deepEqual(kindsOf(plain), ['slot 1 processed', 'slot 2 processed']);
  const [, meta] = between.updates.flatMap(({ blockMeta }) => (blockMeta ? [blockMeta] : []));
  assert.equal(Number(meta?.parentSlot), 0);
});

test('what is in a dead slot is never told at confirmed', async t => {
  const bench = await GeyserBench.start(t, { bank: { confirmAfter: 2, finalizeAfter: 4 } });
  const received = await bench.subscribe({ ...everything, commitment: 1 });
  bench.execute(alice, emit('x'));
  bench.bank.fork(1, { drop: true });
  for (let slot = 0; slot < 4; slot++) bench.bank.closeSlot();
  await bench.settle(received);
  assert.deepEqual(
    kindsOf(received).filter(kind => kind.endsWith(' 1') || kind.includes('slot 1 ')),
    [],
  );
  assert.ok(kindsOf(received).includes('block 2'));
});

test('a block holds what its filter wants, and its meta is that of the bank', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe({
    blocks: {
      plain: { accountInclude: [] },
      accounts: { accountInclude: [bob.publicKey.toBase58()], includeAccounts: true },
      bare: { accountInclude: [], includeTransactions: false },
    } as never,
    blocksMeta: { m: {} },
  });
  bench.execute(alice, emit('x'));
  bench.execute(bob, emit('y'));
  bench.bank.closeSlot();
  await bench.settle(received);
  const blocks = received.updates.flatMap(({ block, filters }) =>
    block ? [{ name: filters[0], ...block }] : [],
  );
  const counts = blocks.map(({ name, transactions, accounts }) => [
    name,
    transactions.length,
    accounts.length,
  ]);
  assert.deepEqual(counts.sort(), [
    ['accounts', 1, 1],
    ['bare', 0, 0],
    ['plain', 2, 0],
  ]);
  const block = bench.bank.blockAt('processed');
  const meta = received.updates.find(({ blockMeta }) => blockMeta)!.blockMeta!;
  assert.equal(meta.blockhash, block.blockhash);
  assert.equal(meta.parentBlockhash, block.parentBlockhash);
  assert.equal(Number(meta.parentSlot), block.parentSlot);
  assert.equal(Number(meta.blockTime!.timestamp), block.blockTime);
  assert.equal(Number(meta.blockHeight!.blockHeight), block.blockHeight);
  assert.equal(Number(meta.executedTransactionCount), 2);
});

test('a stream from a slot in the past is told all since, in order, then what is new', async t => {
  const bench = await GeyserBench.start(t);
  for (const text of ['a', 'b', 'c']) {
    bench.execute(alice, emit(text));
    bench.bank.closeSlot();
  }
  const { slots: _, ...content } = everything;
  const received = await bench.subscribe({ ...content, fromSlot: '2' });
  bench.execute(alice, emit('d'));
  await bench.settle(received);
  const of = (slot: number) =>
    ['account', 'transaction', 'block', 'block_meta'].map(kind => `${kind} ${slot}`);
  assert.deepEqual(kindsOf(received), [...of(2), ...of(3), 'account 4', 'transaction 4']);
});

test('at confirmed, only what is confirmed is replayed', async t => {
  const bench = await GeyserBench.start(t);
  for (const text of ['a', 'b', 'c']) {
    bench.execute(alice, emit(text));
    bench.bank.closeSlot();
  }
  const received = await bench.subscribe({
    ...everything,
    slots: {},
    accounts: {},
    blocks: {},
    commitment: 1,
    fromSlot: '1',
  });
  assert.deepEqual(kindsOf(received), ['transaction 1', 'block_meta 1', 'transaction 2', 'block_meta 2']);
  bench.bank.closeSlot();
  await bench.settle(received);
  assert.deepEqual(kindsOf(received).slice(4), ['transaction 3', 'block_meta 3']);
});
