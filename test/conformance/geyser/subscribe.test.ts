import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keypair, SystemProgram, TransactionInstruction } from '@solana/web3.js';
import { type SubscribeRequest, type SubscribeUpdate, txErrDecode } from '@triton-one/yellowstone-grpc';
import { encode } from '../../../src/chains/solana/base58.ts';
import { eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import {
  createByProgramInstruction,
  emitInstruction,
  programAddress,
} from '../../support/event-program-instructions.ts';
import { GeyserBench, kindsOf, type Received } from './geyser-client.ts';

const alice = devnetKeypair(0);
const bob = devnetKeypair(1);
const program = eventProgramId.toBase58();
const emit = (text: string) => emitInstruction(Buffer.from(text));
const pay = (lamports: number) =>
  SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports });
const failing = () =>
  new TransactionInstruction({
    programId: eventProgramId,
    keys: [{ pubkey: alice.publicKey, isSigner: true, isWritable: false }],
  });
const transactions = (filter: object = {}): Partial<SubscribeRequest> => ({
  transactions: { t: { accountInclude: [], accountExclude: [], accountRequired: [], ...filter } } as never,
});
const accounts = (filter: object = {}): Partial<SubscribeRequest> => ({
  accounts: { a: { account: [], owner: [], filters: [], ...filter } } as never,
});
const found = <Kind extends keyof SubscribeUpdate>(received: Received, kind: Kind) =>
  received.updates.flatMap(update => (update[kind] ? [{ ...update[kind], filters: update.filters }] : []));

test('a transaction is told as the bank executed it', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe(transactions({ accountInclude: [program] }));
  const executed = bench.execute(alice, emit('hello'));
  bench.execute(alice, pay(5));
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['transaction 1']);
  const [update] = found(received, 'transaction');
  assert.deepEqual(update?.filters, ['t']);
  const info = update?.transaction;
  assert.deepEqual(Buffer.from(info!.signature), Buffer.from(executed.signature));
  assert.equal(info!.isVote, false);
  assert.equal(Number(info!.index), 0);
  assert.deepEqual(info!.meta!.logMessages, executed.logs);
  assert.equal(Number(info!.meta!.fee), executed.fee);
  assert.deepEqual(info!.meta!.preBalances.map(BigInt), executed.preBalances);
  assert.deepEqual(info!.meta!.postBalances.map(BigInt), executed.postBalances);
  assert.equal(Number(info!.meta!.computeUnitsConsumed), executed.computeUnits);
  assert.equal(info!.meta!.err, undefined);
  const message = info!.transaction!.message!;
  assert.deepEqual(message.accountKeys.map(encode), executed.accountKeys.map(encode));
  assert.deepEqual(Buffer.from(message.recentBlockhash), Buffer.from(executed.recentBlockhash));
  assert.equal(message.header!.numRequiredSignatures, 1);
  assert.deepEqual(Buffer.from(message.instructions[0]!.data), Buffer.from('hello'));
});

test('what a program invoked comes as inner instructions', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe(transactions());
  const seed = Keypair.generate().publicKey.toBytes();
  const options = { payer: alice.publicKey, seed, lamports: 5_000_000n, space: 64n, owner: eventProgramId };
  bench.execute(alice, createByProgramInstruction(options));
  await bench.settle(received);
  const meta = found(received, 'transaction')[0]!.transaction!.meta!;
  assert.equal(meta.innerInstructions.length, 1);
  const [inner] = meta.innerInstructions[0]!.instructions;
  assert.equal(inner!.stackHeight, 2);
  assert.equal(inner!.data.length, 52);
});

test('an error is told in the encoding that the vendor reads', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe({
    ...transactions({ failed: true }),
    transactionsStatus: { s: { accountInclude: [], accountExclude: [], accountRequired: [] } } as never,
  });
  const executed = bench.execute(alice, failing());
  bench.execute(alice, emit('fine'));
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['transaction 1', 'transaction_status 1', 'transaction_status 1']);
  const { err } = found(received, 'transaction')[0]!.transaction!.meta!;
  assert.deepEqual(executed.error, { InstructionError: [0, { Custom: 1 }] });
  assert.deepEqual(txErrDecode.decode(err!.err), executed.error);
  const statuses = found(received, 'transactionStatus');
  assert.deepEqual(txErrDecode.decode(statuses[0]!.err!.err), executed.error);
  assert.equal(statuses[1]!.err, undefined);
});

for (const [title, filter, expected] of [
  [
    'accounts of which one is named',
    { accountInclude: [bob.publicKey.toBase58(), program] },
    ['pay', 'emit', 'fail'],
  ],
  [
    'accounts that are all named',
    { accountRequired: [bob.publicKey.toBase58(), alice.publicKey.toBase58()] },
    ['pay'],
  ],
  ['accounts none of which is named', { accountExclude: [bob.publicKey.toBase58()] }, ['emit', 'fail']],
  ['success', { failed: false }, ['pay', 'emit']],
  ['failure', { failed: true }, ['fail']],
  ['votes', { vote: true }, []],
] as const) {
  test(`transactions are filtered by ${title}`, async t => {
    const bench = await GeyserBench.start(t);
    const received = await bench.subscribe(transactions(filter));
    const names = new Map([
      [encode(bench.execute(alice, pay(5)).signature), 'pay'],
      [encode(bench.execute(alice, emit('x')).signature), 'emit'],
      [encode(bench.execute(alice, failing()).signature), 'fail'],
    ]);
    await bench.settle(received);
    const told = found(received, 'transaction').map(update =>
      names.get(encode(update.transaction!.signature)),
    );
    assert.deepEqual(told, expected);
  });
}

test('a transaction is found by its signature', async t => {
  const bench = await GeyserBench.start(t);
  const first = bench.execute(alice, emit('x'));
  bench.execute(alice, emit('y'));
  const received = await bench.subscribe({
    ...transactions({ signature: encode(first.signature) }),
    fromSlot: '0',
  });
  assert.deepEqual(kindsOf(received), ['transaction 1']);
});

test('the write of an account is told as the bank knows it', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe(accounts({ account: [bob.publicKey.toBase58()] }));
  const { writes, signature } = bench.execute(alice, pay(5));
  const write = writes.find(({ pubkey }) => encode(pubkey) === bob.publicKey.toBase58())!;
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['account 1']);
  const { account } = found(received, 'account')[0]!;
  assert.equal(encode(account!.pubkey), bob.publicKey.toBase58());
  assert.equal(BigInt(account!.lamports), write.lamports);
  assert.equal(BigInt(account!.writeVersion), write.writeVersion);
  assert.equal(encode(account!.owner), SystemProgram.programId.toBase58());
  assert.deepEqual(Buffer.from(account!.txnSignature!), Buffer.from(signature));
});

for (const [title, filter, isWanted] of [
  ['owner', { owner: [program] }, true],
  ['another owner', { owner: [bob.publicKey.toBase58()] }, false],
  ['the length of the data', { filters: [{ datasize: '64' }] }, true],
  ['another length of the data', { filters: [{ datasize: '65' }] }, false],
  [
    'bytes in the data',
    { owner: [program], filters: [{ memcmp: { offset: '60', bytes: Buffer.alloc(4) } }] },
    true,
  ],
  ['bytes in base58', { owner: [program], filters: [{ memcmp: { offset: '0', base58: '1111' } }] }, true],
  ['other bytes', { owner: [program], filters: [{ memcmp: { offset: '0', base64: 'AQ==' } }] }, false],
  [
    'bytes behind the data',
    { owner: [program], filters: [{ memcmp: { offset: '63', bytes: Buffer.alloc(2) } }] },
    false,
  ],
  ['lamports', { filters: [{ lamports: { eq: '5000000' } }] }, true],
  ['more lamports', { owner: [program], filters: [{ lamports: { gt: '5000000' } }] }, false],
  ['fewer lamports', { owner: [program], filters: [{ lamports: { lt: '5000001' } }] }, true],
  ['the state of a token account', { owner: [program], filters: [{ tokenAccountState: true }] }, false],
  ['writes without a transaction', { owner: [program], nonemptyTxnSignature: false }, false],
] as const) {
  test(`writes of accounts are filtered by ${title}`, async t => {
    const bench = await GeyserBench.start(t);
    const received = await bench.subscribe(accounts(filter));
    const seed = Keypair.generate().publicKey.toBytes();
    const options = { payer: alice.publicKey, seed, lamports: 5_000_000n, space: 64n, owner: eventProgramId };
    bench.execute(alice, createByProgramInstruction(options));
    await bench.settle(received);
    const told = found(received, 'account').map(({ account }) => encode(account!.pubkey));
    assert.deepEqual(told, isWanted ? [programAddress(seed).toBase58()] : []);
  });
}

test('parts of account data come one behind the other', async t => {
  const bench = await GeyserBench.start(t);
  const accountsDataSlice = [
    { offset: '0', length: '8' },
    { offset: '60', length: '4' },
    { offset: '64', length: '1' },
  ];
  const received = await bench.subscribe({ ...accounts({ owner: [program] }), accountsDataSlice });
  const seed = Keypair.generate().publicKey.toBytes();
  const options = { payer: alice.publicKey, seed, lamports: 5_000_000n, space: 64n, owner: eventProgramId };
  bench.execute(alice, createByProgramInstruction(options));
  await bench.settle(received);
  assert.equal(found(received, 'account')[0]!.account!.data.length, 12);
});
