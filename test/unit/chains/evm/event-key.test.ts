import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventKey, eventKind } from '../../../../src/chains/evm/event-key.ts';

const hash = (byte: string) => `0x${byte.repeat(32)}`;
const key = (kind: 'heads' | 'logs' | 'pending', event: unknown) =>
  eventKey(kind, Buffer.from(JSON.stringify(event)));

const log = {
  address: '0x742d35cc6634c0532925a3b844bc454e4438f44e',
  topics: [hash('dd'), hash('01')],
  data: '0x',
  blockNumber: '0x10',
  transactionHash: hash('aa'),
  transactionIndex: '0x1',
  blockHash: hash('bb'),
  logIndex: '0x1f',
  removed: false,
};

describe('eventKey', () => {
  it('of a head is its block hash, not that of its parent', () => {
    assert.equal(
      key('heads', {
        parentHash: hash('01'),
        number: '0x1',
        uncles: [{ hash: hash('09') }],
        hash: hash('02'),
        withdrawals: [{ hash: hash('03') }],
      }),
      hash('02'),
    );
  });

  it('of a log is its block, its index and whether it was removed', () => {
    assert.equal(key('logs', log), `${hash('bb')}:0x1f:false`);
    assert.equal(key('logs', { ...log, removed: true }), `${hash('bb')}:0x1f:true`);
    const { removed: _, ...bare } = log;
    assert.equal(key('logs', bare), `${hash('bb')}:0x1f:false`);
  });

  it('of a pending transaction is its hash, bare or inside of it', () => {
    assert.equal(key('pending', hash('cc')), hash('cc'));
    assert.equal(
      key('pending', { blockHash: null, from: '0x1', hash: hash('cc'), accessList: [{ hash: 1 }] }),
      hash('cc'),
    );
  });

  it('is the same for any order of members and any white space', () => {
    const members = Object.entries(log);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(members, { minLength: members.length }),
        fc.constantFrom(undefined, 1, '\t'),
        (shuffled, space) => {
          assert.equal(
            eventKey('logs', Buffer.from(JSON.stringify(Object.fromEntries(shuffled), null, space))),
            `${hash('bb')}:0x1f:false`,
          );
        },
      ),
    );
  });

  it('is undefined for what is no such event', () => {
    for (const event of [
      null,
      true,
      1,
      [],
      {},
      { hash: null },
      { blockHash: hash('aa') },
      { blockHash: null, logIndex: null },
    ]) {
      assert.equal(key('logs', event), undefined);
      assert.equal(key('heads', event), undefined);
      assert.equal(key('pending', event), undefined);
    }
    assert.equal(key('heads', hash('aa')), undefined);
    assert.equal(key('logs', hash('aa')), undefined);
    assert.equal(key('pending', ''), undefined);
    for (const kind of ['heads', 'logs', 'pending'] as const)
      assert.equal(eventKey(kind, Buffer.alloc(0)), undefined);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('heads', 'logs', 'pending'),
        (bytes, kind) => void eventKey(kind, Buffer.from(bytes)),
      ),
    );
  });
});

describe('eventKind', () => {
  const cases: [string, string | undefined][] = [
    ['["newHeads"]', 'heads'],
    ['["logs"]', 'logs'],
    ['["logs",{"address":"0x1"}]', 'logs'],
    ['["newPendingTransactions"]', 'pending'],
    ['["newPendingTransactions",true]', 'pending'],
    ['["newHeadsX"]', undefined],
    ['["logsX"]', undefined],
    ['["syncing"]', undefined],
    ['[]', undefined],
    ['{}', undefined],
  ];
  for (const [params, kind] of cases) {
    it(`takes ${params} as ${kind ?? 'nothing that can be shared'}`, () =>
      assert.equal(eventKind(params), kind));
  }
});
