import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlockDemand } from '../../../../src/chains/chain-family.ts';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';

function demandOf(method: string, params?: string): BlockDemand {
  const source = Buffer.from(params ?? '');
  const policy = solanaFamily.policy(method);
  return params === undefined
    ? solanaFamily.demand(policy, source, -1, -1)
    : solanaFamily.demand(policy, source, 0, source.length);
}

const key = '"11111111111111111111111111111111"';
const cases: [method: string, params: string | undefined, demand: BlockDemand][] = [
  ['getSlot', undefined, { kind: 'tag', tag: 'finalized' }],
  ['getSlot', '[]', { kind: 'tag', tag: 'finalized' }],
  ['getSlot', '[{"commitment":"processed"}]', { kind: 'tag', tag: 'processed' }],
  ['getBalance', `[${key}, { "commitment" : "confirmed" } ]`, { kind: 'tag', tag: 'confirmed' }],
  ['getBalance', `[${key},{"commitment":"conf\\u0069rmed"}]`, { kind: 'tag', tag: 'confirmed' }],
  ['getBalance', `[${key},{"commitment":"recent"}]`, { kind: 'tag', tag: 'processed' }],
  ['getBalance', `[${key},{"commitment":"constructor"}]`, { kind: 'tag', tag: 'finalized' }],
  ['getBalance', `[${key},{"commitment":7}]`, { kind: 'tag', tag: 'finalized' }],
  [
    'getAccountInfo',
    `[${key},{"minContextSlot":341197053,"encoding":"base64","commitment":"confirmed"}]`,
    { kind: 'tag', tag: 'confirmed', atLeast: 341_197_053 },
  ],
  ['getAccountInfo', `[${key},{"minContextSlot":-1}]`, { kind: 'tag', tag: 'finalized' }],
  ['getAccountInfo', `[${key},{"minContextSlot":99999999999999999999}]`, { kind: 'tag', tag: 'finalized' }],
  [
    'getProgramAccounts',
    `[${key},{"filters":[{"memcmp":{"offset":4,"bytes":"3Mc6"}}],"minContextSlot":5}]`,
    { kind: 'tag', tag: 'finalized', atLeast: 5 },
  ],
  [
    'getTokenAccountsByOwner',
    `[${key},{"mint":${key}},{"commitment":"processed"}]`,
    { kind: 'tag', tag: 'processed' },
  ],
  ['sendTransaction', '["AQID",{"preflightCommitment":"processed"}]', { kind: 'tag', tag: 'processed' }],
  ['getBlock', '[430, {"encoding":"json"}]', { kind: 'number', number: 430, from: 430 }],
  ['getBlockTime', '[5]', { kind: 'number', number: 5, from: 5 }],
  ['getBlocks', '[5,10]', { kind: 'number', number: 10, from: 5 }],
  ['getBlocks', '[5,{"commitment":"confirmed"}]', { kind: 'tag', tag: 'confirmed', from: 5 }],
  ['getBlocks', '[5,null]', { kind: 'tag', tag: 'finalized', from: 5 }],
  ['getBlocksWithLimit', '[5,3]', { kind: 'number', number: 5, from: 5 }],
  ['getSignatureStatuses', '[["a"],{"searchTransactionHistory":true}]', { kind: 'tag', tag: 'processed' }],
  ['getGenesisHash', undefined, { kind: 'none' }],
  ['getHealth', '[]', { kind: 'none' }],
  ['vendor_method', '[{"commitment":"processed"}]', { kind: 'none' }],
];

describe('what a Solana call needs its provider to have', () => {
  for (const [method, params, demand] of cases)
    it(`${method} ${params ?? 'without params'}`, () => assert.deepEqual(demandOf(method, params), demand));

  it('is read off any params without throwing', () => {
    const params = fc.oneof(
      fc.jsonValue(),
      fc.tuple(fc.jsonValue(), fc.record({ commitment: fc.jsonValue(), minContextSlot: fc.jsonValue() })),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('getBalance', 'getBlocks', 'getBlock', 'getSlot'),
        params,
        (method, value) => {
          assert.ok(['none', 'tag', 'number'].includes(demandOf(method, JSON.stringify(value)).kind));
        },
      ),
    );
  });
});
