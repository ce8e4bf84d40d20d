import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionUpdate } from '../../../../src/chains/solana/updates.ts';
import { TransactionFetcher } from '../../../../src/sources/logs/transaction-fetcher.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { settle } from '../../aggregation/canonical/setup.ts';

function setUp(maxQueue = 1_000) {
  const state = { running: 0, most: 0, dropped: 0, calls: 0 };
  const told: string[] = [];
  const waiting: { readonly signature: string; end(isThere: boolean): void }[] = [];
  const fetcher = new TransactionFetcher(
    { maxQueue, timeoutMs: 10_000 },
    {
      clock: new ManualClock(),
      hasRoom: () => true,
      dropped: { inc: () => void state.dropped++ } as never,
      take: (transaction, address) =>
        told.push(`${(transaction as unknown as { readonly name: string }).name}${address}`),
      fetch: ({ signature }) => {
        state.calls++;
        state.most = Math.max(state.most, ++state.running);
        return new Promise((resolve, reject) => {
          const end = (isThere: boolean) => {
            state.running--;
            if (isThere) resolve({ name: signature } as unknown as TransactionUpdate);
            else reject(new Error('nobody has it'));
          };
          waiting.push({ signature, end });
        });
      },
    },
  );
  const add = (signatures: string, addresses: string) => {
    for (const signature of signatures)
      for (const address of addresses) fetcher.add({ signature, slot: 1 }, address);
  };
  /** Ends all fetches, and those that begin then. */
  const endAll = async (isThere = true) => {
    while (waiting.length > 0) {
      waiting.shift()!.end(isThere);
      await settle();
    }
  };
  return { fetcher, state, told, waiting, add, endAll };
}

test('as many fetches run at once, however many addresses tell of each; each is told in its turn', async () => {
  const { state, told, add, endAll } = setUp();
  add('ABCDEFGHIJKLMNOP', 'abcdefgh');
  await endAll();
  assert.deepEqual([state.calls, state.most, state.dropped], [16, 8, 0]);
  assert.deepEqual(
    told,
    [...'ABCDEFGHIJKLMNOP'].flatMap(name => [...'abcdefgh'].map(address => `${name}${address}`)),
  );
});

test('the order of each address holds whichever fetch ends first', async () => {
  const { told, waiting, add } = setUp();
  add('B', 'a');
  add('AB', 'b');
  waiting.find(({ signature }) => signature === 'A')!.end(true);
  await settle();
  assert.deepEqual(told, []);
  waiting.find(({ signature }) => signature === 'B')!.end(true);
  await settle();
  assert.deepEqual(told, ['Ba', 'Ab', 'Bb']);
});

test('the queue is bounded by transactions, and by addresses that tell of them', async () => {
  const { fetcher, state, add, endAll } = setUp(4);
  add('ABCDE', 'a');
  assert.deepEqual([fetcher.size, state.dropped], [4, 1]);
  add('A', 'bcdefghijklmnopqrstuvwxyzABCDEFGH');
  assert.deepEqual([fetcher.size, state.dropped], [4, 1 + 5]);
  await endAll();
  assert.equal(fetcher.size, 0);
  add('E', 'a');
  assert.equal(fetcher.size, 1);
});

test('what failed is fetched anew for the next address that tells of it; what was fetched is not', async () => {
  const { state, told, add, endAll } = setUp();
  add('A', 'ab');
  await endAll(false);
  assert.deepEqual([state.calls, told], [1, []]);
  add('A', 'c');
  await endAll();
  add('A', 'd');
  await settle();
  assert.deepEqual([state.calls, told], [2, ['Ac', 'Ad']]);
});
