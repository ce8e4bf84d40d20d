import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalKey, processName } from '../../../src/otp/process-name.ts';

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const fields = fc.dictionary(fc.string(), value, { maxKeys: 4 });

test('equal fields give equal keys in whatever order, different fields different keys', () => {
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const reversed = Object.fromEntries(Object.entries(a).reverse());
      assert.equal(canonicalKey(a), canonicalKey(reversed));
      const isSame = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
      assert.equal(canonicalKey(a) === canonicalKey(b), isSame);
    }),
  );
});

test('texts, numbers, booleans and structures never share a key', () => {
  const keys = ['1', 1, '{"a":1}', { a: 1 }, { a: '1' }, { a: true }, { a: 'true' }].map(canonicalKey);
  assert.equal(new Set(keys).size, keys.length);
});

test('a name reads as its fields and carries its key', () => {
  const name = processName({ type: 'message_aggregator', id: 'ethereum' });
  assert.equal(String(name), 'message_aggregator:ethereum');
  assert.equal(name.key, canonicalKey({ id: 'ethereum', type: 'message_aggregator' }));
});
