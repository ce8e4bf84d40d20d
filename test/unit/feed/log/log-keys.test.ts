import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numberOfKey, sortableNumber } from '../../../../src/feed/log/log-keys.ts';

const numbers = [0, 1, 255, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, 2 ** 48, 2 ** 52 + 3, Number.MAX_SAFE_INTEGER];

describe('numbers in keys', () => {
  it('hold every safe integer, behind whatever prefix', () => {
    for (const number of numbers) {
      assert.equal(numberOfKey(sortableNumber(number)), number);
      assert.equal(numberOfKey(Buffer.concat([Buffer.from('h/e/'), sortableNumber(number)])), number);
    }
  });

  it('sort as the numbers do', () => {
    const keys = numbers.map(sortableNumber);
    assert.deepEqual(keys.toReversed().sort(Buffer.compare), keys);
  });

  it('stay where they were stored before', () => {
    for (const number of numbers.filter(one => one < 2 ** 48)) {
      const stored = Buffer.alloc(8);
      stored.writeUIntBE(number, 2, 6);
      assert.deepEqual(sortableNumber(number), stored);
    }
  });

  it('take nothing that is none', () => {
    for (const number of [-1, 2 ** 64])
      assert.throws(() => sortableNumber(number), RangeError, String(number));
    assert.ok(Number.isNaN(numberOfKey(Buffer.from('short'))));
  });
});
