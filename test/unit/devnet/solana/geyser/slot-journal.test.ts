import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotUpdate } from '../../../../../src/chains/solana/updates.ts';
import { hasReached, SlotJournal } from '../../../../../src/devnet/solana/geyser/slot-journal.ts';

const update = (slot: number, status: SlotUpdate['status']): SlotUpdate => ({
  kind: 'slot',
  slot,
  parent: slot - 1,
  status,
});
const slotsOf = (journal: SlotJournal) => [...journal.from(0)].map(({ slot }) => slot);

test('the oldest slots go when there are too many, and the first that is available follows', () => {
  const journal = new SlotJournal(0, { slots: 2, bytes: 1_000 });
  for (const slot of [1, 2, 4]) journal.addUpdate(update(slot, 'finalized'));
  assert.deepEqual(slotsOf(journal), [2, 4]);
  assert.equal(journal.firstAvailable, 2);
});

test('slots that are neither finalized nor dead are kept whatever the limits', () => {
  const journal = new SlotJournal(0, { slots: 1, bytes: 1_000 });
  for (const slot of [1, 2, 3]) journal.addUpdate(update(slot, 'processed'));
  assert.deepEqual(slotsOf(journal), [1, 2, 3]);
  journal.addUpdate(update(1, 'finalized'));
  journal.addUpdate(update(2, 'dead'));
  journal.addUpdate(update(4, 'processed'));
  assert.deepEqual(slotsOf(journal), [3, 4]);
});

test('a slot that was let go is not kept again', () => {
  const journal = new SlotJournal(0, { slots: 1, bytes: 1_000 });
  for (const slot of [1, 2]) journal.addUpdate(update(slot, 'dead'));
  journal.addUpdate(update(1, 'finalized'));
  assert.deepEqual(slotsOf(journal), [2]);
});

test('a slot has reached the commitments up to its own, and none when it is only dead', () => {
  const journal = new SlotJournal(0, { slots: 9, bytes: 1_000 });
  const confirmed = journal.addUpdate(update(1, 'confirmed'));
  assert.deepEqual(
    (['processed', 'confirmed', 'finalized'] as const).map(each => hasReached(confirmed, each)),
    [true, true, false],
  );
  assert.equal(hasReached(journal.addUpdate(update(2, 'dead')), 'processed'), false);
});
