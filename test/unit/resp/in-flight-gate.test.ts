import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InFlightGate } from '../../../src/resp/in-flight-gate.ts';

describe('InFlightGate', () => {
  it('has room up to its limit', () => {
    const gate = new InFlightGate(10, 1000);
    gate.enter(8, 100);
    assert.ok(gate.hasRoom(1, 899));
    assert.equal(gate.hasRoom(2, 0), false);
    assert.equal(gate.hasRoom(0, 900), false);
    gate.leave(8, 100);
    assert.equal(gate.count, 0);
    assert.ok(gate.hasRoom(9, 999));
  });

  it('calls those that wait in their order, as many as there may be room for, and each once', () => {
    const gate = new InFlightGate(128, 1000);
    const called: number[] = [];
    gate.enter(128, 1000);
    const waiters = [0, 1, 2, 3].map(index => ({ onRoom: () => void called.push(index) }));
    for (const waiter of waiters) gate.wait(waiter);
    gate.forget(waiters[1]!);
    gate.leave(100, 900);
    assert.deepEqual(called, [0, 2]);
    gate.leave(1, 1);
    assert.deepEqual(called, [0, 2, 3]);
    gate.leave(1, 1);
    assert.deepEqual(called, [0, 2, 3]);
  });
});
