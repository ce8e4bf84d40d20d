import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InFlightGate } from '../../../src/resp/in-flight-gate.ts';

const heavy = 1_000_000;

/** Waiters that note when they are called. */
function waiters(...expectedBytes: readonly number[]) {
  const called: number[] = [];
  return {
    called,
    all: expectedBytes.map((bytes, index) => ({
      expectedBytes: bytes,
      onRoom: () => void called.push(index),
    })),
  };
}

describe('InFlightGate', () => {
  it('has room up to its limits', () => {
    const gate = new InFlightGate(10, 10 * heavy);
    gate.enter(8, heavy);
    assert.ok(gate.hasRoom(2, 9 * heavy));
    assert.equal(gate.hasRoom(3, 0), false);
    assert.equal(gate.hasRoom(1, 9 * heavy + 1), false);
    gate.leave(8, heavy);
    assert.equal(gate.count, 0);
  });

  it('lets in one that is larger than all may be when nothing is in flight', () => {
    const gate = new InFlightGate(10, heavy);
    assert.ok(gate.hasRoom(1, 5 * heavy));
    gate.enter(1, 5 * heavy);
    assert.equal(gate.hasRoom(1, heavy), false);
  });

  it('keeps a share of the bytes for light commands when heavy ones have filled them', () => {
    const gate = new InFlightGate(1000, 10 * heavy);
    gate.enter(10, 10 * heavy);
    assert.equal(gate.hasRoom(1, heavy), false);
    assert.ok(gate.hasRoom(1, 100));
    gate.enter(100, 2.5 * heavy);
    assert.equal(gate.hasRoom(1, 100), false);
  });

  it('calls those that wait in their order, as many as there may be room for, and each once', () => {
    const gate = new InFlightGate(128, 10 * heavy);
    const { called, all } = waiters(100, 100, 100, 100);
    gate.enter(128, 1000);
    for (const waiter of all) gate.wait(waiter, false);
    gate.forget(all[1]!);
    gate.leave(100, 900);
    assert.deepEqual(called, [0, 2]);
    gate.leave(1, 1);
    assert.deepEqual(called, [0, 2, 3]);
    gate.leave(1, 1);
    assert.deepEqual(called, [0, 2, 3]);
  });

  it('calls no more than the bytes that they bring have room for', () => {
    const gate = new InFlightGate(1000, 4 * heavy);
    const { called, all } = waiters(heavy, 2 * heavy, heavy, heavy);
    gate.enter(4, 4 * heavy);
    for (const waiter of all) gate.wait(waiter, false);
    gate.leave(3, 3 * heavy);
    assert.deepEqual(called, [0, 1]);
  });

  it('calls one that found no room before those that came behind it', () => {
    const gate = new InFlightGate(1000, 2 * heavy);
    const { called, all } = waiters(heavy, heavy, heavy);
    gate.enter(2, 2 * heavy);
    for (const waiter of all) gate.wait(waiter, false);
    gate.leave(1, heavy);
    assert.deepEqual(called, [0]);
    gate.wait(all[0]!, true);
    gate.leave(1, heavy);
    assert.deepEqual(called, [0, 0, 1]);
  });
});
