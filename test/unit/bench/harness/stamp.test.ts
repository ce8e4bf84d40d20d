import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stampedEvent, stampIn } from '../../../../bench/harness/stamp.ts';

test('an event has the length that was asked for, is JSON and tells when it was made', () => {
  const event = stampedEvent(500, 7, 98_765.432);
  assert.equal(event.length, 500);
  assert.equal((JSON.parse(event.toString()) as { number: number }).number, 7);
  assert.equal(stampIn(event, 0, event.length), 98_765.432);
});

test('a message without a stamp, or with half of one, has none', () => {
  const event = stampedEvent(500, 7, 98_765.432);
  assert.ok(Number.isNaN(stampIn(Buffer.from('{}'), 0, 2)));
  assert.ok(Number.isNaN(stampIn(event, 0, 20)));
});
