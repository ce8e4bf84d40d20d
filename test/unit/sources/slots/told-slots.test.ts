import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotUpdate } from '../../../../src/chains/solana/updates.ts';
import { ToldSlots } from '../../../../src/sources/slots/told-slots.ts';

const of = (slot: number, status: SlotUpdate['status']): SlotUpdate => ({
  kind: 'slot',
  slot,
  parent: slot - 1,
  status,
});

test('each status of a slot is told once', () => {
  const told = new ToldSlots();
  const answers = (['processed', 'confirmed', 'processed', 'confirmed', 'finalized'] as const).map(status =>
    told.admit(of(5, status)),
  );
  assert.deepEqual(answers, [true, true, false, false, true]);
});

test('a slot that died and is a block after all is told anew', () => {
  const told = new ToldSlots();
  const answers = (['processed', 'dead', 'dead', 'processed', 'confirmed', 'processed'] as const).map(
    status => told.admit(of(5, status)),
  );
  assert.deepEqual(answers, [true, true, false, true, true, false]);
});

test('of slots far behind everything was told, and little is kept of them', () => {
  const told = new ToldSlots();
  for (let slot = 0; slot < 5000; slot++) {
    assert.equal(told.admit(of(slot, 'confirmed')), true);
    told.settle(slot);
  }
  assert.equal(told.admit(of(4000, 'finalized')), false);
  assert.equal(told.admit(of(4900, 'finalized')), true);
  told.settle(100);
  assert.equal(told.admit(of(4000, 'finalized')), false);
});
