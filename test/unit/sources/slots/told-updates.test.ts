import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountUpdate, SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import { ToldUpdates } from '../../../../src/sources/slots/told-updates.ts';
import { keyOf, signatureOf } from '../../../support/scripted-solana.ts';

function setUp(maxKeys = 1000) {
  let evicted = 0;
  const told = new ToldUpdates({
    maxKeys,
    onEvicted: keys => {
      evicted += keys;
    },
  });
  return { told, evicted: () => evicted };
}

const transaction = (slot: number, index = 0) =>
  ({ kind: 'transaction', slot, signature: signatureOf(slot, index) }) as SolanaUpdate;

const account = (writeVersion: bigint, signature: Uint8Array | undefined): AccountUpdate => ({
  kind: 'account',
  slot: 5,
  pubkey: keyOf('a'),
  owner: keyOf('o'),
  lamports: 1n,
  data: new Uint8Array(),
  isExecutable: false,
  writeVersion,
  signature,
});

test('each subscriber hears of an update once', () => {
  const { told } = setUp();
  assert.deepEqual(told.admit(transaction(5), ['a']), ['a']);
  assert.deepEqual(told.admit(transaction(5), ['a', 'b']), ['b']);
  assert.deepEqual(told.admit(transaction(5), ['b', 'a']), []);
  assert.deepEqual(told.admit(transaction(6), ['a']), ['a']);
  assert.equal(told.size, 2);
});

test('a write of an account is one by its transaction, whatever node tells it; without one by its version', () => {
  const { told } = setUp();
  assert.deepEqual(told.admit(account(7n, signatureOf(5, 0)), ['a']), ['a']);
  assert.deepEqual(told.admit(account(9n, signatureOf(5, 0)), ['a']), []);
  assert.deepEqual(told.admit(account(9n, signatureOf(5, 1)), ['a']), ['a']);
  assert.deepEqual(told.admit(account(9n, undefined), ['a']), ['a']);
  assert.deepEqual(told.admit(account(9n, undefined), ['a']), []);
});

test('keys go some slots after theirs is settled', () => {
  const { told } = setUp();
  told.admit(transaction(5), ['a']);
  told.settle(30);
  assert.equal(told.size, 1);
  told.settle(38);
  assert.equal(told.size, 0);
});

test('at the limit the oldest slot is forgotten', () => {
  const { told, evicted } = setUp(3);
  for (const slot of [5, 6, 7]) told.admit(transaction(slot), ['a']);
  assert.equal(told.isFull, true);
  told.admit(transaction(8), ['a']);
  assert.equal(evicted(), 1);
  assert.equal(told.hasTransaction(5, signatureOf(5, 0), ['a']), false);
  assert.equal(told.hasTransaction(6, signatureOf(6, 0), ['a']), true);
});

test('who is taken out is told anew, and who is put back is not', () => {
  const { told } = setUp();
  told.admit(transaction(5), ['a', 'b']);
  const heard = told.takeOut('a');
  assert.equal(told.hasTransaction(5, signatureOf(5, 0), ['a']), false);
  assert.equal(told.hasTransaction(5, signatureOf(5, 0), ['b']), true);
  told.forget(5);
  told.putBack('a', heard);
  assert.deepEqual(told.admit(transaction(5), ['a', 'b']), ['b']);
  told.takeOut('a');
  assert.deepEqual(told.admit(transaction(5), ['a', 'b']), ['a']);
  assert.equal(told.size, 1);
});
