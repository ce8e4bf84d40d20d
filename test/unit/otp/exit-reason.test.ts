import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeReason,
  isOrderly,
  isShutdown,
  ProcessExit,
  reasonOf,
} from '../../../src/otp/exit-reason.ts';

test('normal, shutdown and { shutdown } are orderly, everything else is not', () => {
  assert.deepEqual(
    ['normal', 'shutdown', { shutdown: 1 }, 'killed', 'kill', 'noproc', { error: 1 }].map(isOrderly),
    [true, true, true, false, false, false, false],
  );
  assert.deepEqual(
    [isShutdown('normal'), isShutdown('shutdown'), isShutdown({ shutdown: 1 })],
    [false, true, true],
  );
});

test('a thrown ProcessExit is its reason, anything else thrown is an error', () => {
  const boom = new Error('boom');
  assert.equal(reasonOf(new ProcessExit('bye')), 'bye');
  assert.deepEqual(reasonOf(boom), { error: boom });
});

test('a reason is one bounded line of text, whatever is in it', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assert.equal(describeReason('killed'), 'killed');
  assert.equal(describeReason({ error: new TypeError('no') }), 'error: TypeError: no');
  assert.equal(describeReason({ shutdown: { why: 1 } }), 'shutdown: {"why":1}');
  assert.equal(describeReason({ error: circular }), 'error: [object Object]');
  assert.equal(describeReason({ error: undefined }), 'error: undefined');
  assert.equal(describeReason('x'.repeat(1_000)).length, 500);
});
