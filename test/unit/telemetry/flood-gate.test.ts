import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FloodGate, type FloodGateOptions } from '../../../src/telemetry/flood-gate.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(options: Partial<FloodGateOptions> = {}) {
  const clock = new ManualClock();
  const heldBack: [string, string, number][] = [];
  const gate = new FloodGate<'info' | 'error'>(
    { limit: 2, ...options },
    { clock, onHeldBack: (...report) => heldBack.push(report) },
  );
  return { clock, gate, heldBack };
}

describe('FloodGate', () => {
  it('lets through the limit of each shape and reports the rest at the end of the window', () => {
    const { clock, gate, heldBack } = setUp();
    const admitted = [1, 2, 3, 4].map(n => gate.admit('info', `attempt ${n} of 7`));
    assert.deepEqual(admitted, [true, true, false, false]);
    assert.ok(gate.admit('error', 'attempt 1 of 7') && gate.admit('info', 'attempt failed'));
    clock.advance(999);
    assert.deepEqual(heldBack, []);
    clock.advance(1);
    assert.deepEqual(heldBack, [['info', 'attempt 1 of 7', 2]]);
    assert.ok(gate.admit('info', 'attempt 5 of 7'));
  });

  it('counts a bounded number of shapes and lets others pass', () => {
    const { gate } = setUp({ limit: 1, maxShapes: 2 });
    for (const name of ['a', 'b', 'c']) gate.admit('info', name);
    assert.deepEqual(
      ['a', 'b', 'c', 'c'].map(name => gate.admit('info', name)),
      [false, false, true, true],
    );
  });

  it('holds no timer when nothing is counted', () => {
    const { clock, gate } = setUp();
    assert.equal(clock.pendingCount, 0);
    gate.admit('info', 'a');
    assert.equal(clock.pendingCount, 1);
    gate.closeWindow();
    assert.equal(clock.pendingCount, 0);
  });
});
