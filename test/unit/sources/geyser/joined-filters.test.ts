import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../../../../src/chains/solana/base58.ts';
import type { SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import type { AccountWrite, BankTransaction } from '../../../../src/devnet/solana/bank/bank-events.ts';
import { StreamFilters } from '../../../../src/devnet/solana/geyser/stream-filters.ts';
import { subscribeRequestCodec, subscribeUpdateCodec } from '../../../../src/protocol/geyser/geyser-codec.ts';
import { FilterReaders } from '../../../../src/sources/geyser/filter-readers.ts';
import { joinFilters } from '../../../../src/sources/geyser/joined-filters.ts';
import { subscribeRequest } from '../../../../src/sources/geyser/subscribe-request.ts';
import { toUpdate } from '../../../../src/sources/geyser/to-update.ts';
import type { SourceSubscription } from '../../../../src/sources/source.ts';
import { addressOf, keyOf } from '../../../support/scripted-solana.ts';
import { filterOf, subscriptionOf } from './geyser-setup.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const someNames = (maxLength: number) => fc.uniqueArray(fc.constantFrom(...names), { maxLength });
const someKeys = (maxLength: number) => someNames(maxLength).map(list => list.map(addressOf));
const rarely = (maxLength: number) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someKeys(maxLength) });

const filters = fc
  .record({
    kind: fc.constantFrom('transaction', 'instruction', 'account'),
    programs: someKeys(2),
    accounts: someKeys(2),
    owners: rarely(2),
    required: rarely(1),
    excluded: rarely(2),
    failed: fc.boolean(),
    votes: fc.boolean(),
    dataSize: fc.constantFrom(undefined, undefined, 3),
    // '2' is the base58 digit of 1.
    memcmp: fc.constantFrom([], [], [{ offset: 1, bytes: '2' }]),
  })
  .map(filter => filterOf(filter));

const subscriptionsOf = (list: readonly ReturnType<typeof filterOf>[]): SourceSubscription[] =>
  list.map((filter, at) => ({ id: `pipe-${at}`, since: undefined, filter }));

const writes = fc
  .record({
    pubkey: fc.constantFrom(...names).map(keyOf),
    owner: fc.constantFrom(...names).map(keyOf),
    data: fc.constantFrom(Uint8Array.of(0, 1, 2), Uint8Array.of(0, 1), Uint8Array.of(0, 2, 2)),
  })
  .map(
    (write): AccountWrite => ({
      kind: 'account',
      slot: 7,
      lamports: 1n,
      isExecutable: false,
      writeVersion: 1n,
      signature: new Uint8Array(64),
      rentEpoch: 0n,
      ...write,
    }),
  );

const transactions = fc
  .record({
    accountKeys: someNames(4).map(list => list.map(keyOf)),
    share: fc.integer({ min: 0, max: 4 }),
    isVote: fc.boolean(),
    isFailed: fc.boolean(),
    writes: fc.array(writes, { maxLength: 3 }),
  })
  .map(
    ({ share, isFailed, ...rest }): BankTransaction => ({
      kind: 'transaction',
      slot: 7,
      index: 0,
      signature: new Uint8Array(64).fill(1),
      signatures: [new Uint8Array(64).fill(1)],
      isFailed,
      error: isFailed ? { InstructionError: [0, { Custom: 1 }] } : undefined,
      // Those behind are loaded from tables.
      staticKeys: Math.min(share, rest.accountKeys.length),
      loadedWritable: Math.min(1, rest.accountKeys.length - Math.min(share, rest.accountKeys.length)),
      instructions: [],
      inner: [],
      logs: [],
      fee: 5000,
      computeUnits: 1,
      wire: new Uint8Array(),
      version: 0,
      header: { requiredSignatures: 1, readonlySigned: 0, readonlyUnsigned: 0 },
      recentBlockhash: new Uint8Array(32),
      tableLookups: [],
      preBalances: [],
      postBalances: [],
      returnData: undefined,
      ...rest,
    }),
  );

/** What a server that was sent the subscriptions' request tells of a transaction, and by which filters. */
function told(subscriptions: readonly SourceSubscription[], transaction: BankTransaction) {
  const request = subscribeRequestCodec.deserialize(
    subscribeRequestCodec.serialize(subscribeRequest(subscriptions, 'confirmed')),
  );
  return [...new StreamFilters(request).ofTransaction(transaction)].map(bytes => {
    const message = subscribeUpdateCodec.deserialize(bytes);
    return { update: toUpdate(message)!, filters: message.filters };
  });
}

/** By subscription, what is told to it. */
type Heard = ReadonlyMap<string, readonly string[]>;

function heard(all: readonly { update: SolanaUpdate; ids: readonly string[] }[]): Heard {
  const byId = new Map<string, string[]>();
  for (const { update, ids } of all) {
    for (const id of ids) byId.set(id, [...(byId.get(id) ?? []), wordsOf(update)]);
  }
  return new Map([...byId].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function wordsOf(update: SolanaUpdate): string {
  if (update.kind !== 'account') return update.kind;
  return `${encode(update.pubkey)} of ${encode(update.owner)}: ${Buffer.from(update.data).toString('hex')}`;
}

test('each subscriber is told what its filter alone would bring', () => {
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 12 }), transactions, (list, transaction) => {
      const subscriptions = subscriptionsOf(list);
      const readers = new FilterReaders(subscriptions);
      const joined = told(subscriptions, transaction);
      const separate = subscriptions.flatMap(one => told([one], transaction));
      assert.deepEqual(
        heard(joined.map(({ update, filters }) => ({ update, ids: readers.of(update, filters) }))),
        heard(separate.map(({ update, filters }) => ({ update, ids: filters }))),
      );
    }),
    { numRuns: 1500 },
  );
});

test('what comes for an older request goes to those who are there now, each once', () => {
  fc.assert(
    fc.property(fc.array(filters, { minLength: 2, maxLength: 8 }), transactions, (list, transaction) => {
      const before = subscriptionsOf(list);
      const after = before.slice(1);
      const readers = new FilterReaders(after);
      for (const { update, filters } of told(before, transaction)) {
        const ids = readers.of(update, filters).filter(id => after.some(one => one.id === id));
        const wanted = told(after, transaction).flatMap(one =>
          wordsOf(one.update) === wordsOf(update) ? new FilterReaders(after).of(one.update, one.filters) : [],
        );
        assert.deepEqual([...ids].sort(), [...new Set(wanted)].sort());
      }
    }),
    { numRuns: 500 },
  );
});

test('five hundred followed programs and accounts are a few filters', () => {
  const followed = Array.from({ length: 250 }, (_, at) => at).flatMap(at => [
    subscriptionOf(undefined, `program.${at}`, { programs: [addressOf(`program ${at}`)], failed: true }),
    subscriptionOf(undefined, `account.${at}`, {
      kind: 'account',
      programs: [],
      accounts: [addressOf(`account ${at}`)],
    }),
  ]);
  const configured = subscriptionOf(undefined, 'mine', { failed: true, accounts: [addressOf('x')] });
  const joined = joinFilters([configured, ...followed]);
  assert.deepEqual(
    joined.map(({ filter: { kind, accounts } }) => [kind, accounts.length]),
    [
      ['transaction', 250],
      ['transaction', 2],
      ['account', 250],
    ],
  );
});

test('a filter that nobody shares keeps its name, and a joined one has none that a pipeline may have', () => {
  const same = ['one', 'two'].map(id => subscriptionOf(undefined, id));
  const alone = [
    subscriptionOf(undefined, 'failed', { failed: true }),
    subscriptionOf(undefined, 'required', { required: [addressOf('r')] }),
    subscriptionOf(undefined, 'required as well', { required: [addressOf('r')] }),
    subscriptionOf(undefined, 'everything', { programs: [] }),
    subscriptionOf(undefined, 'everything as well', { programs: [] }),
    subscriptionOf(undefined, 'block', { kind: 'block' }),
    subscriptionOf(undefined, 'other block', { kind: 'block' }),
  ];
  const [joined, ...others] = joinFilters([...same, ...alone]).map(({ name }) => name);
  assert.doesNotMatch(joined!, /^[\w.-]+$/);
  assert.deepEqual(
    others,
    alone.map(({ id }) => id),
  );
});
