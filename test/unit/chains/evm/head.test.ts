import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHead } from '../../../../src/chains/evm/head.ts';

const hash = (byte: string) => `0x${byte.repeat(32)}`;
const block = {
  parentHash: hash('01'),
  number: '0x121eac0',
  transactions: [{ hash: hash('0f'), number: '0x1' }],
  timestamp: '0x65a5f0c3',
  hash: hash('02'),
  withdrawals: [],
};
const parse = (value: unknown) => parseHead(Buffer.from(JSON.stringify(value)));

describe('parseHead', () => {
  it('reads number, hash, parent and time of a block, not of what is inside of it', () => {
    assert.deepEqual(parse(block), {
      number: 19_000_000,
      hash: hash('02'),
      parentHash: hash('01'),
      timestamp: 0x65a5f0c3,
    });
    assert.deepEqual(parseHead(Buffer.from(` ${JSON.stringify(block, null, 2)} `)), parse(block));
  });

  it('gives undefined for anything else', () => {
    for (const value of [null, false, '0x1', 1, [], {}, [block]]) assert.equal(parse(value), undefined);
    for (const member of ['number', 'hash', 'parentHash', 'timestamp'] as const) {
      assert.equal(parse({ ...block, [member]: null }), undefined);
      assert.equal(parse({ ...block, [member]: '0x' }), undefined);
      assert.equal(parse({ ...block, [member]: 'x'.repeat(66) }), undefined);
      assert.equal(parse({ ...block, [member]: undefined }), undefined);
    }
    assert.equal(parseHead(Buffer.alloc(0)), undefined);
    const whole = Buffer.from(JSON.stringify(block));
    for (let end = 0; end < whole.length; end++) assert.equal(parseHead(whole.subarray(0, end)), undefined);
  });
});
