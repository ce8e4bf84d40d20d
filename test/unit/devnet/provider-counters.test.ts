import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MethodCounter } from '../../../src/devnet/provider-counters.ts';

test('counts by method and remembers when the last call came', () => {
  const counter = new MethodCounter();
  counter.add('eth_call', 5);
  counter.add('eth_call', 6);
  assert.deepEqual([counter.total, counter.lastAt, counter.byMethod()], [2, 6, { eth_call: 2 }]);
  counter.reset();
  assert.deepEqual([counter.total, counter.lastAt, counter.byMethod()], [0, undefined, {}]);
});

test('counts methods beyond 256 together', () => {
  const counter = new MethodCounter();
  for (let i = 0; i < 1_000; i++) counter.add(`method_${i}`, i);
  assert.equal(Object.keys(counter.byMethod()).length, 257);
  assert.equal(counter.byMethod().other, 744);
});
