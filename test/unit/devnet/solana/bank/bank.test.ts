import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Keypair,
  PublicKey,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { Bank } from '../../../../../src/devnet/solana/bank/bank.ts';
import {
  type DecodedTransaction,
  decodeTransaction,
} from '../../../../../src/devnet/solana/bank/decode-transaction.ts';
import { silentLog } from '../../../../../src/telemetry/log.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { alice, balanceOf, bob, makeBank, transfer } from '../solana-bank.ts';

const start = 10_000n * 1_000_000_000n;

test('closes a block every block time, and tells what each slot has reached in order', () => {
  const clock = new ManualClock();
  const bank = new Bank({ chain: 'x', blockTimeMs: 400, finalizeAfter: 2 }, { clock, log: silentLog });
  const told: string[] = [];
  bank.listen({
    onBlock: ({ slot }) => told.push(`${slot} block`),
    onSlot: ({ slot, status }) => told.push(`${slot} ${status}`),
  });
  bank.start();
  clock.advance(1_200);
  assert.deepEqual(told, [
    '1 block',
    '1 processed',
    '2 block',
    '2 processed',
    '1 confirmed',
    '3 block',
    '3 processed',
    '2 confirmed',
    '1 finalized',
  ]);
  bank.stop();
  clock.advance(1_000);
  assert.equal(bank.openSlot, 4);
});

test('executes into the open slot at once; a reader of a closed slot sees it when it is closed', () => {
  const { bank } = makeBank();
  assert.equal(bank.submit(transfer(bank, 1_000)).kind, 'executed');
  assert.equal(balanceOf(bank, bob), start + 1_000n);
  assert.equal(balanceOf(bank, bob, bank.slotAt('processed')), start);
  bank.closeSlot();
  assert.equal(balanceOf(bank, bob, bank.slotAt('processed')), start + 1_000n);
  assert.equal(balanceOf(bank, bob, bank.slotAt('confirmed')), start);
  assert.equal(balanceOf(bank, alice), start - 6_000n);
});

test('a transaction that fails is in the block with its error, its fee and its one write', () => {
  const { bank } = makeBank();
  const submitted = bank.submit(transfer(bank, 1e15));
  assert.equal(submitted.kind, 'executed');
  const { error, fee, isFailed, writes } = (submitted as Extract<typeof submitted, { kind: 'executed' }>)
    .transaction;
  assert.deepEqual([error, fee, isFailed], [{ InstructionError: [0, { Custom: 1 }] }, 5_000, true]);
  assert.deepEqual(
    writes.map(({ lamports }) => lamports),
    [start - 5_000n],
  );
});

test('refuses what a validator would not put into a block', () => {
  const { bank } = makeBank();
  const refusal = (decoded: DecodedTransaction) => {
    const submitted = bank.submit(decoded);
    return submitted.kind === 'refused' ? submitted.error : submitted.kind;
  };
  const first = transfer(bank, 1);
  assert.equal(refusal(first), 'executed');
  assert.equal(refusal(first), 'AlreadyProcessed');
  bank.closeSlot();
  assert.equal(refusal(first), 'AlreadyProcessed');
  assert.equal(refusal(transfer(bank, 2, { blockhash: PublicKey.default.toBase58() })), 'BlockhashNotFound');
  assert.equal(refusal(transfer(bank, 2, { from: Keypair.generate() })), 'AccountNotFound');
  const forged = Uint8Array.from(transfer(bank, 3).wire);
  forged[5] = (forged[5] ?? 0) ^ 1;
  assert.equal(refusal(decodeTransaction(forged) as DecodedTransaction), 'SignatureFailure');
  assert.equal(balanceOf(bank, bob), start + 1n);
});

test('takes a blockhash for 150 blocks and no longer', () => {
  const { bank } = makeBank();
  const { blockhash } = bank.blockAt('processed');
  for (let block = 0; block < 150; block++) bank.closeSlot();
  assert.equal(bank.submit(transfer(bank, 1, { blockhash })).kind, 'executed');
  bank.closeSlot();
  assert.equal(bank.submit(transfer(bank, 2, { blockhash })).kind, 'refused');
});

test('does not give SPL Memo to litesvm', () => {
  const { bank } = makeBank();
  const memo = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
  const message = new TransactionMessage({
    payerKey: alice.publicKey,
    recentBlockhash: bank.blockAt('processed').blockhash,
    instructions: [new TransactionInstruction({ programId: memo, keys: [], data: Buffer.from('hi') })],
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([alice]);
  const decoded = decodeTransaction(transaction.serialize()) as DecodedTransaction;
  assert.deepEqual(bank.submit(decoded), { kind: 'refused', error: 'InvalidProgramForExecution', logs: [] });
});

test('a fork undoes the slots that are not confirmed, and executes their transactions again later', () => {
  const { bank, told } = makeBank({ confirmAfter: 2 });
  const { blockhash } = bank.blockAt('processed');
  bank.closeSlot();
  bank.closeSlot();
  const kept = transfer(bank, 10, { blockhash });
  bank.submit(kept);
  bank.closeSlot();
  // Its blockhash is that of a block that will be dead.
  const lost = transfer(bank, 20);
  bank.submit(lost);
  told.length = 0;
  assert.deepEqual(bank.fork(9), [4, 3]);
  assert.deepEqual(told, ['4 processed 3', '2 confirmed 1', '4 dead 3', '3 dead 2']);
  assert.deepEqual([bank.openSlot, bank.slotAt('processed'), bank.block(3)], [5, 2, undefined]);
  assert.equal(balanceOf(bank, bob), start + 10n);
  assert.equal(balanceOf(bank, bob, 2), start);
  bank.closeSlot();
  assert.equal(bank.block(5)?.parentSlot, 2);
  assert.equal(bank.block(5)?.parentBlockhash, bank.block(2)?.blockhash);
  const { history } = bank.ledger;
  assert.equal(history.transaction(kept.signatures[0]!)?.slot, 5);
  assert.equal(history.transaction(lost.signatures[0]!), undefined);
});

test('a fork may drop the transactions, which can then be sent again', () => {
  const { bank } = makeBank({ confirmAfter: 2 });
  const { blockhash } = bank.blockAt('processed');
  bank.closeSlot();
  const sent = transfer(bank, 10, { blockhash });
  bank.submit(sent);
  assert.deepEqual(bank.fork(1, { drop: true }), [2]);
  assert.equal(balanceOf(bank, bob), start);
  assert.equal(bank.submit(sent).kind, 'executed');
});

test('no fork reaches a confirmed slot, and forks come by themselves when they should', () => {
  const { bank } = makeBank({ confirmAfter: 0 });
  bank.closeSlot();
  assert.deepEqual(bank.fork(5), []);
  const { bank: forking, told } = makeBank({ forkEvery: 3 });
  for (let slot = 0; slot < 9; slot++) forking.closeSlot();
  assert.deepEqual(
    told.filter(line => line.includes('dead')),
    ['4 dead 3', '8 dead 7', '12 dead 11'],
  );
});

test('leaves slots out', () => {
  const { bank } = makeBank();
  bank.skip(3);
  bank.closeSlot();
  assert.deepEqual(
    bank.ledger.history.blocks.map(({ slot, parentSlot, blockHeight }) => [slot, parentSlot, blockHeight]),
    [
      [0, 0, 0],
      [1, 0, 1],
      [5, 1, 2],
    ],
  );
});

test('keeps no more blocks than it may, and none that is not finalized less', () => {
  const { bank } = makeBank({ maxBlocks: 10, finalizeAfter: 4 });
  for (let slot = 0; slot < 50; slot++) {
    bank.submit(transfer(bank, slot + 1));
    bank.closeSlot();
  }
  assert.equal(bank.firstAvailableSlot, 41);
  assert.equal(bank.ledger.history.transactionsOf(bob.publicKey.toBase58()).length, 10);
  const { bank: tight } = makeBank({ maxHistoryBytes: 1, finalizeAfter: 4 });
  for (let slot = 0; slot < 20; slot++) tight.closeSlot();
  assert.equal(tight.firstAvailableSlot, 16);
});

test('closes a block before its time when it is full, and takes nothing when there are too many accounts', () => {
  const { bank } = makeBank({ maxBlockTransactions: 2 });
  bank.submit(transfer(bank, 1));
  bank.submit(transfer(bank, 2));
  assert.equal(bank.slotAt('processed'), 1);
  const { bank: full } = makeBank({ maxAccounts: 3 });
  assert.equal(full.submit(transfer(full, 1)).kind, 'full');
});

test('airdrops are transactions, also equal ones of one block', () => {
  const { bank } = makeBank();
  const to = Keypair.generate();
  for (let time = 0; time < 3; time++) assert.equal(bank.airdrop(to.publicKey, 1_000_000n).kind, 'executed');
  assert.equal(balanceOf(bank, to), 3_000_000n);
});

test('a listener that throws does not keep the others from hearing', () => {
  const { bank } = makeBank();
  const heard: number[] = [];
  bank.listen({
    onBlock: () => {
      throw new Error('no');
    },
  });
  bank.listen({ onBlock: ({ slot }) => heard.push(slot) });
  bank.closeSlot();
  assert.deepEqual(heard, [1]);
});
