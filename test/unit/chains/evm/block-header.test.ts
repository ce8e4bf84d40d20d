import assert from 'node:assert/strict';
import { it } from 'node:test';
import { headerOf } from '../../../../src/chains/evm/block-header.ts';

it('a header is a block without what is in it', () => {
  const header = {
    number: '0x1',
    hash: '0x02',
    baseFeePerGas: '0xffffffffffffffffffff',
    withdrawalsRoot: '0x03',
  };
  const body = { transactions: ['0x04'], uncles: [], withdrawals: [], size: '0x5', totalDifficulty: '0x6' };
  assert.deepEqual(
    JSON.parse(headerOf(Buffer.from(JSON.stringify({ ...header, ...body })))!.toString()),
    header,
  );
});

it('nothing else has a header', () => {
  for (const text of ['', 'null', '[]', '"0x1"', '{"number":'])
    assert.equal(headerOf(Buffer.from(text)), undefined);
});
