import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconnectPlan } from '../../../../src/sources/geyser/reconnect-plan.ts';
import { streamEnd } from '../../../../src/sources/geyser/stream-end.ts';

const plan = (random = 1) => new ReconnectPlan({ reconnectMinMs: 100, reconnectMaxMs: 30_000 }, () => random);

test('the wait doubles up to its limit, is anything below by chance, and starts anew after a stream that lasted', () => {
  const failing = plan();
  const waits = [1, 2, 3, 4].map(() => {
    failing.ended(streamEnd('unreachable'), false);
    return failing.waitMs;
  });
  assert.deepEqual(waits, [100, 200, 400, 800]);
  for (let i = 0; i < 10; i++) failing.ended(streamEnd('unreachable'), false);
  assert.equal(failing.waitMs, 30_000);
  failing.ended(streamEnd('unreachable'), true, 500);
  assert.equal(failing.waitMs, 30_000);
  failing.ended(streamEnd('implausible'), true, 60_000);
  assert.equal(failing.waitMs, 30_000);
  failing.ended(streamEnd('unreachable'), true, 10_000);
  assert.equal(failing.waitMs, 100);
  const lucky = plan(0);
  lucky.ended(streamEnd('unreachable'), false);
  assert.equal(lucky.waitMs, 0);
});

test('an endpoint that refuses us is asked rarely, one that has too much to do later', () => {
  const refused = plan(0);
  refused.ended(streamEnd('refused'), false);
  assert.equal(refused.waitMs, 15_000);
  const exhausted = plan();
  exhausted.ended(streamEnd('exhausted'), false);
  assert.equal(exhausted.waitMs, 1000);
});

test('a replay goes on from what is left of an expired one', () => {
  const expired = plan();
  assert.equal(expired.fromSlot(100), 100);
  expired.ended(streamEnd('expired', 120), false);
  assert.equal(expired.fromSlot(100), 120);
  expired.ended(streamEnd('expired', 125), false);
  assert.equal(expired.fromSlot(100), 127);
  expired.ended(streamEnd('unreachable'), true);
  assert.equal(expired.fromSlot(130), 130);
});

test('an endpoint that does not say how far it goes back is asked for no replay', () => {
  const expired = plan();
  expired.fromSlot(100);
  expired.ended(streamEnd('expired'), false);
  assert.equal(expired.fromSlot(100), undefined);
  expired.ended(streamEnd('unreachable'), true);
  assert.equal(expired.fromSlot(130), 130);
});

test('an endpoint that cannot replay is never asked to again', () => {
  const unable = plan();
  unable.fromSlot(100);
  unable.ended(streamEnd('no_replay'), false);
  assert.equal(unable.fromSlot(100), undefined);
  unable.ended(streamEnd('unreachable'), true);
  assert.equal(unable.fromSlot(130), undefined);
});
