import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamWatch } from '../../../../src/sources/geyser/stream-watch.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function setUp(isMoving = true, settled: () => number | undefined = () => undefined) {
  const clock = new ManualClock();
  const ends: string[] = [];
  let pings = 0;
  const watch = new StreamWatch(
    { pingIntervalMs: 10_000, keepaliveTimeoutMs: 10_000, stallTimeoutMs: 15_000 },
    {
      clock,
      ping: () => {
        pings++;
      },
      settled,
      isChainMoving: async () => isMoving,
      onSilent: reason => {
        ends.push(reason);
        watch.stop();
      },
    },
  );
  watch.start();
  return { clock, watch, ends, pings: () => pings };
}

test('a stream with pings and no updates is stalled after the time that is set', async () => {
  const { clock, watch, ends, pings } = setUp();
  for (let second = 0; second < 14; second++) {
    await clock.advanceAndSettle(1000);
    watch.saw(false);
  }
  assert.deepEqual(ends, []);
  await clock.advanceAndSettle(5000);
  assert.deepEqual(ends, ['stalled']);
  assert.equal(pings(), 1);
});

test('a stream that tells of slots and settles none is stalled, later', async () => {
  const { clock, watch, ends } = setUp(true, () => 7);
  for (let second = 0; second < 58; second++) {
    await clock.advanceAndSettle(1000);
    watch.saw(true);
  }
  assert.deepEqual(ends, []);
  await clock.advanceAndSettle(6000, 6);
  assert.deepEqual(ends, ['stalled']);
});

test('while the chain stands still a stream is not stalled', async () => {
  const { clock, watch, ends } = setUp(false);
  for (let second = 0; second < 60; second++) {
    await clock.advanceAndSettle(1000);
    watch.saw(false);
  }
  assert.deepEqual(ends, []);
});

test('a half-open connection is found by the silence after our pings', async () => {
  const { clock, ends } = setUp(false);
  await clock.advanceAndSettle(35_000, 35);
  assert.deepEqual(ends, ['silent']);
});

test('a stream that is not read is neither', async () => {
  const { clock, watch, ends } = setUp();
  watch.pause();
  await clock.advanceAndSettle(120_000, 120);
  assert.deepEqual(ends, []);
  watch.resume();
  await clock.advanceAndSettle(10_000, 10);
  assert.deepEqual(ends, []);
});
