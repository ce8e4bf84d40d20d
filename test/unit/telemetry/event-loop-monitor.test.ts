import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLoopMonitor, type EventLoopSource } from '../../../src/telemetry/event-loop-monitor.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function planted(): EventLoopSource & { delayMs: number; resets: number; stopped: boolean } {
  return {
    delayMs: 0,
    resets: 0,
    stopped: false,
    percentile(percent) {
      return (this.delayMs * percent) / 100;
    },
    utilization: () => 0.5,
    reset() {
      this.resets++;
      this.delayMs = 0;
    },
    stop() {
      this.stopped = true;
    },
  };
}

describe('EventLoopMonitor', () => {
  it('shows the last whole window, however often it is read', () => {
    const clock = new ManualClock();
    const source = planted();
    const monitor = new EventLoopMonitor({ windowMs: 1000 }, { clock, source });
    source.delayMs = 200;
    clock.advance(1000);
    assert.equal(source.resets, 1);
    assert.deepEqual(monitor.read(), { p50Ms: 100, p99Ms: 198, maxMs: 200, utilization: 0.5 });
    assert.equal(monitor.read().maxMs, 200);
    clock.advance(1000);
    assert.equal(monitor.read().maxMs, 0);
  });

  it('shows a stall of the running window at once', () => {
    const clock = new ManualClock();
    const source = planted();
    const monitor = new EventLoopMonitor({ windowMs: 1000 }, { clock, source });
    source.delayMs = 5000;
    assert.equal(monitor.read().maxMs, 5000);
  });

  it('leaves no timer and no measurement behind', () => {
    const clock = new ManualClock();
    const source = planted();
    new EventLoopMonitor({}, { clock, source }).stop();
    assert.equal(clock.pendingCount, 0);
    assert.ok(source.stopped);
  });

  it('sees a real stall of this process', async t => {
    const monitor = new EventLoopMonitor();
    t.after(() => monitor.stop());
    await eventually(() => {
      // Node's histogram measures from its first tick on, which the first stall may precede.
      const until = performance.now() + 100;
      while (performance.now() < until);
      return monitor.read().maxMs > 50;
    });
  });
});
