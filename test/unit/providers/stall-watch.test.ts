import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeadlineWheel } from '../../../src/clock/deadline-wheel.ts';
import { StallWatch } from '../../../src/providers/stall-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const transport = { inFlight: 0, signsOfLife: 0 };
  const suspicions: number[] = [];
  const watch = new StallWatch(
    { minInFlight: 3, silenceMs: 400, pauseMs: 1000 },
    transport,
    { clock, deadlines: new DeadlineWheel(clock) },
    () => suspicions.push(clock.now()),
  );
  const send = (inFlight: number) => {
    transport.inFlight = inFlight;
    watch.onSent(clock.now());
  };
  return { clock, transport, suspicions, watch, send };
}

describe('StallWatch', () => {
  it('suspects a provider that answers nothing for a while with several requests in flight', () => {
    const { clock, suspicions, send } = setUp();
    send(3);
    clock.advance(390);
    assert.deepEqual(suspicions, []);
    clock.advance(200);
    assert.equal(suspicions.length, 1);
  });

  it('does not mind a few requests that take long', () => {
    const { clock, suspicions, send } = setUp();
    send(2);
    clock.advance(60_000);
    assert.deepEqual(suspicions, []);
  });

  it('counts the silence from the last sign of life', () => {
    const { clock, transport, suspicions, send } = setUp();
    send(5);
    for (let i = 0; i < 20; i++) {
      clock.advance(300);
      transport.signsOfLife++;
    }
    assert.deepEqual(suspicions, []);
    clock.advance(600);
    assert.equal(suspicions.length, 1);
  });

  it('asks less and less often while a suspicion proves wrong, and anew after a sign of life', () => {
    const { clock, transport, suspicions, send } = setUp();
    send(5);
    clock.advance(20_000);
    const gaps = suspicions.slice(1).map((at, i) => Math.round((at - suspicions[i]!) / 1000));
    assert.deepEqual(gaps, [1, 2, 4, 8]);
    transport.signsOfLife++;
    clock.advance(30_000);
    const last = suspicions.slice(-2);
    assert.ok(last[1]! - last[0]! < 17_000);
  });

  it('runs no timer without load', () => {
    const { clock, transport, send } = setUp();
    send(5);
    transport.inFlight = 0;
    clock.advance(1000);
    assert.equal(clock.pendingCount, 0);
  });

  it('passes on what others suspect, not more often than its own suspicions', () => {
    const { clock, suspicions, watch } = setUp();
    watch.suspect(clock.now());
    watch.suspect(clock.now());
    clock.advance(1001);
    watch.suspect(clock.now());
    assert.deepEqual(suspicions, [0, 1001]);
  });
});
