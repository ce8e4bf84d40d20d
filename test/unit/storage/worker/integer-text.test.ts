import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addIntegers, parseInteger } from '../../../../src/storage/worker/integer-text.ts';

const parse = (text: string) => parseInteger(Buffer.from(text), 0, text.length);

describe('parseInteger', () => {
  it('takes every 64-bit integer, as a number where that is exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
        const parsed = parse(String(value));
        assert.equal(BigInt(parsed!), value);
        assert.equal(typeof parsed, Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
    assert.equal(parse('0'), 0);
    assert.equal(parse('-9223372036854775808'), -(2n ** 63n));
  });

  it('refuses whatever Redis refuses', () => {
    const refused = [
      '',
      '-',
      '+1',
      ' 1',
      '1 ',
      '01',
      '-01',
      '-0',
      '1.0',
      '1e3',
      '0x10',
      'abc',
      '١',
      '9223372036854775808',
      '-9223372036854775809',
      '99999999999999999999',
      '1'.repeat(100_000),
    ];
    for (const text of refused) assert.equal(parse(text), undefined, text.slice(0, 30));
  });
});

describe('addIntegers', () => {
  it('is exact up to 64 bits and gives undefined beyond', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        const sum = addIntegers(parse(String(a))!, parse(String(b))!);
        const fits = a + b >= -(2n ** 63n) && a + b < 2n ** 63n;
        assert.equal(sum === undefined ? undefined : BigInt(sum), fits ? a + b : undefined);
      }),
    );
    assert.equal(addIntegers(2 ** 53 - 1, 1), 2n ** 53n);
  });
});
