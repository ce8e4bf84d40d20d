import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EventLoopMonitor } from '../../../src/telemetry/event-loop-monitor.ts';
import { observeRuntime } from '../../../src/telemetry/observe-runtime.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../support/eventually.ts';
import { parseExposition } from './support/parse-exposition.ts';

describe('observeRuntime', () => {
  it('exposes event-loop delay and every pause of the garbage collector', async t => {
    const metrics = new PromMetricRegistry();
    const eventLoop = new EventLoopMonitor();
    const end = observeRuntime({ metrics, eventLoop });
    t.after(() => {
      end();
      eventLoop.stop();
    });
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    // Several in one turn of the loop arrive as one batch.
    for (let i = 0; i < 3; i++) gc();
    await eventually(async () => {
      const exposition = parseExposition(await metrics.expose());
      const major = exposition.value('trunkline_gc_pause_seconds_count', { kind: 'major' });
      assert.ok(major !== undefined && major >= 3);
      for (const statistic of ['p50', 'p99', 'max']) {
        assert.ok(exposition.value('trunkline_event_loop_delay_seconds', { statistic })! >= 0);
      }
      assert.ok(exposition.value('trunkline_event_loop_utilization_ratio')! >= 0);
      return true;
    });
  });
});
