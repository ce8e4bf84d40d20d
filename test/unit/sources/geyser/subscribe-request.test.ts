import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscribeRequest } from '../../../../src/sources/geyser/subscribe-request.ts';
import { filterOf } from './geyser-setup.ts';

test('each kind of filter is asked for as the protocol has it', () => {
  const request = subscribeRequest(
    [
      {
        id: 'i',
        since: 5,
        filter: filterOf({
          kind: 'instruction',
          programs: ['P'],
          accounts: ['A', 'P'],
          required: ['R'],
          excluded: ['X'],
        }),
      },
      { id: 't', since: 5, filter: filterOf({ failed: true, votes: true }) },
      {
        id: 'a',
        since: 5,
        filter: filterOf({
          kind: 'account',
          accounts: ['A'],
          owners: ['O'],
          memcmp: [{ offset: 8, bytes: 'M' }],
          dataSize: 165,
        }),
      },
      { id: 'b', since: 5, filter: filterOf({ kind: 'block', programs: ['P'] }) },
      { id: 'm', since: 5, filter: filterOf({ kind: 'block_meta' }) },
      { id: 's', since: 5, filter: filterOf({ kind: 'slot' }) },
    ],
    'finalized',
    42,
  );
  assert.deepEqual(request, {
    transactions: {
      i: {
        vote: false,
        failed: false,
        accountInclude: ['P', 'A'],
        accountExclude: ['X'],
        accountRequired: ['R'],
      },
      t: { accountInclude: [], accountExclude: [], accountRequired: [] },
    },
    accounts: {
      a: {
        account: ['A'],
        owner: ['O'],
        filters: [{ memcmp: { offset: 8, base58: 'M' } }, { datasize: 165 }],
      },
    },
    blocks: { b: { accountInclude: ['P'], includeTransactions: true } },
    blocksMeta: { m: {} },
    slots: { 'trunkline.slots': { filterByCommitment: false } },
    commitment: 2,
    fromSlot: 42,
  });
});
