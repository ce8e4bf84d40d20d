import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitArray } from '../../../../src/aggregation/block-logs/split-array.ts';

describe('splitArray', () => {
  it('gives the elements of any array byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (values, space) => {
        const texts = values.map(value => JSON.stringify(value));
        const source = Buffer.from(`${space}[${space}${texts.join(`${space},${space}`)}${space}]`);
        assert.deepEqual(splitArray(source)?.map(String), texts);
      }),
    );
  });

  it('gives nothing for what is not an array', () => {
    for (const text of ['', '{}', '1', '[', '[1', '[1,', '[,]', '[1 2]', '[1,]', '["a]'])
      assert.equal(splitArray(Buffer.from(text)), undefined, text);
  });

  it('survives any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void splitArray(Buffer.from([0x5b, ...bytes]))));
  });
});
