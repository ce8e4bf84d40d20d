import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutWhenStuck } from '../../../../src/gateway/socket/cut-when-stuck.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const target = { bytesWritten: 1_000, writableLength: 900 };
  let cuts = 0;
  const stop = cutWhenStuck(target, clock, () => cuts++);
  return { clock, target, stop, cuts: () => cuts };
}

describe('cutWhenStuck', () => {
  it('cuts a client off that takes nothing for five seconds', () => {
    const { clock, cuts } = setUp();
    clock.advance(4_999);
    assert.equal(cuts(), 0);
    clock.advance(60_000);
    assert.equal(cuts(), 1);
  });

  it('waits while the client reads, thirty seconds at most', () => {
    const { clock, target, cuts } = setUp();
    for (let at = 5; at < 30; at += 5) {
      target.writableLength -= 10;
      clock.advance(5_000);
      assert.equal(cuts(), 0);
    }
    target.writableLength -= 10;
    clock.advance(5_000);
    assert.equal(cuts(), 1);
  });

  it('does nothing once it is stopped', () => {
    const { clock, stop, cuts } = setUp();
    stop();
    clock.advance(60_000);
    assert.equal(cuts(), 0);
  });
});
