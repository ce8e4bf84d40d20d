import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseQuantity } from '../../../../src/chains/evm/quantity.ts';

describe('parseQuantity', () => {
  const cases: [string, number | undefined][] = [
    ['"0x0"', 0],
    ['"0x1a"', 26],
    ['"0X1A"', 26],
    ['"0x001a"', 26],
    ['"0x1fffffffffffff"', Number.MAX_SAFE_INTEGER],
    ['"0x20000000000000"', undefined],
    [`"0x${'f'.repeat(64)}"`, undefined],
    [`"0x${'0'.repeat(63)}1"`, 1],
    ['"0x"', undefined],
    ['"1a"', undefined],
    ['"0x1g"', undefined],
    ['"0x1 "', undefined],
    ['0x1a', undefined],
    ['26', undefined],
    ['""', undefined],
    ['"', undefined],
    ['', undefined],
    ['null', undefined],
  ];
  for (const [text, number] of cases) {
    it(`reads ${text || 'nothing'} as ${number}`, () =>
      assert.equal(parseQuantity(Buffer.from(text)), number));
  }

  it('reads any safe integer inside of other bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), number => {
        const text = `"0x${number.toString(16)}"`;
        assert.equal(parseQuantity(Buffer.from(`[${text}]`), 1, 1 + text.length), number);
      }),
    );
  });
});
