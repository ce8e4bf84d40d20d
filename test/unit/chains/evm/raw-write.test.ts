import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatHex, fromRlp, type Hex, keccak256, type TransactionSerializable, toRlp } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { isAlreadyKnown, isNonceTooLow, rawTransactionHash } from '../../../../src/chains/evm/raw-write.ts';

const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const to = account.address;

function hashOf(params: string): string | undefined {
  const source = Buffer.from(`x${params}x`);
  return rawTransactionHash(source, 1, source.length - 1);
}

describe('rawTransactionHash', () => {
  const transactions: [string, TransactionSerializable][] = [
    [
      'a legacy transaction',
      { type: 'legacy', chainId: 1, nonce: 1, to, value: 1n, gas: 21_000n, gasPrice: 1n },
    ],
    [
      'one with an access list',
      { type: 'eip2930', chainId: 1, nonce: 1, to, gas: 21_000n, gasPrice: 1n, accessList: [] },
    ],
    [
      'one with a priority fee',
      {
        type: 'eip1559',
        chainId: 1,
        nonce: 1,
        to,
        gas: 21_000n,
        maxFeePerGas: 2n,
        maxPriorityFeePerGas: 1n,
        data: `0x${'ab'.repeat(5000)}`,
      },
    ],
  ];
  for (const [what, transaction] of transactions) {
    it(`is the hash of the bytes of ${what}`, async () => {
      const raw = await account.signTransaction(transaction);
      assert.equal(hashOf(`["${raw}"]`), keccak256(raw));
      assert.equal(hashOf(`[ "${raw}" , {"knownAccounts":{}} ]`), keccak256(raw));
      assert.equal(hashOf(`["0X${raw.slice(2).toUpperCase()}"]`), keccak256(raw));
    });
  }

  it('of a blob transaction leaves the blobs out, in each form in which they travel', async () => {
    const signed = await account.signTransaction({
      ...{
        type: 'eip4844',
        chainId: 1,
        nonce: 1,
        to,
        gas: 21_000n,
        maxFeePerGas: 2n,
        maxPriorityFeePerGas: 1n,
      },
      ...{ maxFeePerBlobGas: 1n, blobVersionedHashes: [`0x01${'22'.repeat(31)}`], sidecars: false },
    });
    const transaction = fromRlp(`0x${signed.slice(4)}`);
    const blobs: Hex[] = [`0x${'00'.repeat(131_072)}`];
    const commitments: Hex[] = [`0x${'33'.repeat(48)}`];
    const proofs: Hex[] = [`0x${'44'.repeat(48)}`];
    for (const form of [
      [transaction, blobs, commitments, proofs],
      [transaction, '0x01', blobs, commitments, proofs],
    ]) {
      const raw = concatHex(['0x03', toRlp(form as Hex[])]);
      assert.ok(raw.length > 262_144);
      assert.equal(hashOf(`["${raw}"]`), keccak256(signed));
    }
    assert.equal(hashOf(`["${signed}"]`), keccak256(signed));
  });

  for (const params of [
    '[]',
    '["0x"]',
    '["0x1"]',
    '["0x1g"]',
    '["02"]',
    '[1]',
    '[null]',
    '["0x02\\u0030"]',
    '{"raw":"0x02"}',
    '["0x02',
  ]) {
    it(`is undefined for ${params}`, () => assert.equal(hashOf(params), undefined));
  }

  it('is undefined without params', () =>
    assert.equal(rawTransactionHash(Buffer.from('x'), -1, -1), undefined));

  it('takes bytes that only look like a blob transaction as they are', () => {
    for (const raw of [
      '0x03',
      '0x03c0',
      '0x03f8',
      '0x03ff',
      '0x03c1c1',
      '0x03c1c000',
      '0x03c281c0',
      `0x03fe${'ff'.repeat(6)}`,
    ]) {
      assert.equal(hashOf(`["${raw}"]`), keccak256(raw as `0x${string}`), raw);
    }
  });
});

describe('isAlreadyKnown', () => {
  const known: [number, string][] = [
    [-32000, 'already known'],
    [-32000, 'Known transaction'],
    [-32000, 'known transaction: 0xabc'],
    [-32003, 'transaction already imported'],
    [-32010, 'AlreadyKnown'],
    [-32000, 'ALREADY_EXISTS: already known'],
    [-32000, 'transaction already in mempool'],
    [-32000, 'tx already in mempool'],
    [-32010, 'Transaction with the same hash was already imported.'],
    [-32000, 'already have transaction'],
    [-32000, 'transaction already exists in mempool'],
    [-32000, 'Transaction already exists'],
  ];
  for (const [code, message] of known) {
    it(`is true for ${message}`, () => assert.equal(isAlreadyKnown({ code, message }), true));
  }
  const other: [number, string][] = [
    [-32000, 'nonce too low'],
    [-32000, 'replacement transaction underpriced'],
    [-32000, 'insufficient funds for gas * price + value'],
    [-32000, 'address already reserved'],
    [3, 'execution reverted: already known'],
    [-32000, 'execution reverted: transaction already imported'],
    [-32000, 'unknown transaction'],
    [-32000, 'unknown transaction type'],
    [-32000, ''],
  ];
  for (const [code, message] of other) {
    it(`is false for ${message || 'no text'}`, () => assert.equal(isAlreadyKnown({ code, message }), false));
  }
});

describe('isNonceTooLow', () => {
  for (const message of [
    'nonce too low',
    'Nonce too low',
    'nonce too low: next nonce 5, tx nonce 4',
    'nonce is too low',
    'nonce has already been used',
    'OldNonce, Current nonce: 5, nonce of rejected tx: 4',
  ]) {
    it(`is true for ${message}`, () => assert.equal(isNonceTooLow({ code: -32000, message }), true));
  }
  for (const message of [
    'nonce too high',
    'Nonce gap too large',
    'already known',
    'execution reverted: nonce too low',
    '',
  ]) {
    it(`is false for ${message || 'no text'}`, () =>
      assert.equal(isNonceTooLow({ code: -32000, message }), false));
  }
});
