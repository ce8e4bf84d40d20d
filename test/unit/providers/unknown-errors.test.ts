import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnknownErrors } from '../../../src/providers/unknown-errors.ts';
import { RecordedLog } from './fixtures.ts';

function setUp() {
  const log = new RecordedLog();
  let count = 0;
  const errors = new UnknownErrors(log, { inc: () => count++ });
  return { errors, log, count: () => count };
}

describe('UnknownErrors', () => {
  it('logs each shape once, whatever the numbers in it, and counts all', () => {
    const { errors, log, count } = setUp();
    for (let i = 0; i < 50; i++) errors.met(-32099, `odd block ${i} of 0x${i.toString(16)}`, 'eth_call');
    errors.met(-32099, 'another oddity', 'eth_call');
    assert.deepEqual(
      log.lines.map(line => line.fields.message),
      ['odd block 0 of 0x0', 'another oddity'],
    );
    assert.equal(count(), 51);
  });

  it('stops logging at a bound: an upstream whose errors all differ does not fill memory or log', () => {
    const { errors, log, count } = setUp();
    for (let i = 0; i < 1000; i++) errors.met(i, 'x', 'eth_call');
    assert.equal(log.lines.length, 128);
    assert.equal(count(), 1000);
  });
});
