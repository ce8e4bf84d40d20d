import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockHeader, markedHash, numberInHash } from '../../../../bench/harness/chain-stub.ts';

test('a number is read back from the first marked hash of a message', () => {
  const message = JSON.stringify({ params: { result: blockHeader(95_123_456) } });
  assert.equal(numberInHash(Buffer.from(message)), 95_123_456);
});

test('a marked hash has the length of a hash', () => {
  assert.match(markedHash(2 ** 40), /^0x[0-9a-f]{64}$/);
});

test('a message without a marked hash has no number', () => {
  assert.equal(numberInHash(Buffer.from('{"result":"0x1"}')), -1);
});

test('a block names the one before it as its parent', () => {
  assert.equal(blockHeader(8).parentHash, blockHeader(7).hash);
});
