import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountUpdate, TransactionUpdate } from '../../../src/chains/solana/updates.ts';
import { matches } from '../../../src/sources/matches.ts';
import { addressOf, keyOf } from '../../support/scripted-solana.ts';
import { filterOf } from './geyser/geyser-setup.ts';

const transaction = (names: readonly string[], rest: Partial<TransactionUpdate> = {}): TransactionUpdate => ({
  kind: 'transaction',
  slot: 1,
  index: 0,
  signature: new Uint8Array(64),
  isVote: false,
  isFailed: false,
  error: undefined,
  accountKeys: names.map(keyOf),
  instructions: [],
  inner: [],
  logs: [],
  fee: 0,
  computeUnits: undefined,
  ...rest,
});

const account: AccountUpdate = {
  kind: 'account',
  slot: 1,
  pubkey: keyOf('a'),
  owner: keyOf('o'),
  lamports: 1n,
  data: Uint8Array.of(9, 8, 7, 6),
  isExecutable: false,
  writeVersion: 1n,
  signature: undefined,
};

test('of transactions: one of the included, all of the required, none of the excluded', () => {
  const filter = filterOf({
    programs: [addressOf('p')],
    accounts: [addressOf('q')],
    required: [addressOf('r'), addressOf('s')],
    excluded: [addressOf('x')],
  });
  const passes = (names: readonly string[]) => matches(filter, transaction(names));
  assert.equal(passes(['p', 'r', 's']), true);
  assert.equal(passes(['q', 'r', 's']), true);
  assert.equal(passes(['r', 's']), false);
  assert.equal(passes(['p', 'r']), false);
  assert.equal(passes(['p', 'r', 's', 'x']), false);
  assert.equal(matches(filterOf(), transaction([])), true);
});

test('failed transactions and votes come when they are asked for', () => {
  assert.equal(matches(filterOf(), transaction([], { isFailed: true })), false);
  assert.equal(matches(filterOf({ failed: true }), transaction([], { isFailed: true })), true);
  assert.equal(matches(filterOf(), transaction([], { isVote: true })), false);
  assert.equal(matches(filterOf({ votes: true }), transaction([], { isVote: true })), true);
});

test('of accounts: key, owner, length and bytes, all that are given', () => {
  const passes = (filter: Parameters<typeof filterOf>[0]) =>
    matches(filterOf({ kind: 'account', ...filter }), account);
  assert.equal(passes({}), true);
  assert.equal(passes({ accounts: [addressOf('a'), addressOf('b')], owners: [addressOf('o')] }), true);
  assert.equal(passes({ accounts: [addressOf('a')], owners: [addressOf('b')] }), false);
  assert.equal(passes({ dataSize: 4 }), true);
  assert.equal(passes({ dataSize: 5 }), false);
  // 9 and A are the base58 digits of 8 and 9.
  assert.equal(
    passes({
      memcmp: [
        { offset: 0, bytes: 'A' },
        { offset: 1, bytes: '9' },
      ],
    }),
    true,
  );
  assert.equal(passes({ memcmp: [{ offset: 1, bytes: 'A' }] }), false);
  assert.equal(passes({ memcmp: [{ offset: 4, bytes: 'A' }] }), false);
});

test('each kind of filter takes its kind of update', () => {
  assert.equal(matches(filterOf({ kind: 'instruction' }), transaction([])), true);
  assert.equal(matches(filterOf({ kind: 'account' }), transaction([])), false);
  assert.equal(matches(filterOf({ kind: 'transaction' }), account), false);
});
