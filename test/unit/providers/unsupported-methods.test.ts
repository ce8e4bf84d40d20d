import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnsupportedMethods } from '../../../src/providers/unsupported-methods.ts';

describe('UnsupportedMethods', () => {
  it('remembers a method until its time is over', () => {
    const methods = new UnsupportedMethods({ maxMethods: 8, forgetAfterMs: 1000 });
    methods.remember('trace_block', 0);
    assert.equal(methods.has('trace_block', 999), true);
    assert.equal(methods.has('eth_call', 999), false);
    assert.equal(methods.has('trace_block', 1000), false);
    assert.equal(methods.size, 0);
  });

  it('makes room by forgetting the method remembered longest', () => {
    const methods = new UnsupportedMethods({ maxMethods: 2, forgetAfterMs: 1000 });
    methods.remember('a', 0);
    methods.remember('b', 0);
    methods.remember('a', 1);
    methods.remember('c', 2);
    assert.deepEqual(
      ['a', 'b', 'c'].map(method => methods.has(method, 3)),
      [true, false, true],
    );
    assert.equal(methods.size, 2);
  });

  it('keeps names such as "constructor" apart from what objects inherit', () => {
    const methods = new UnsupportedMethods({ maxMethods: 2, forgetAfterMs: 1000 });
    assert.equal(methods.has('constructor', 0), false);
    methods.remember('__proto__', 0);
    assert.equal(methods.has('__proto__', 1), true);
  });
});
