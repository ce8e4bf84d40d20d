import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TipWatch } from '../../../src/exchange/tip-watch.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const told: string[] = [];
  const log = { ...silentLog, warn: () => told.push('warn'), info: () => told.push('info') };
  const watch = new TipWatch('test', { clock, log: log as unknown as typeof silentLog });
  return { clock, told, watch };
}

describe('TipWatch', () => {
  it('tells once of a feed that stands still for 30 s while the providers go on, and once when it goes on', () => {
    const { clock, told, watch } = setUp();
    watch.note(7, 7);
    clock.advance(3_600_000);
    assert.equal(watch.stalledBy, 0, 'a quiet chain is not stalled');
    for (const best of [8, 9, 10]) {
      watch.note(7, best);
      clock.advance(15_000);
    }
    assert.equal(watch.stalledBy, 3);
    watch.note(7, 10);
    watch.note(7, 11);
    assert.deepEqual(told, ['warn']);
    watch.note(8, 11);
    assert.equal(watch.stalledBy, 0);
    assert.deepEqual(told, ['warn', 'info']);
  });

  it('says nothing of a feed that is behind and moves', () => {
    const { clock, told, watch } = setUp();
    for (let block = 0; block < 20; block++) {
      watch.note(block, block + 500);
      clock.advance(20_000);
    }
    assert.equal(watch.stalledBy, 0);
    assert.deepEqual(told, []);
  });
});
