import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import { Coverage } from '../../../../src/sources/slots/coverage.ts';
import { HeldUpdates } from '../../../../src/sources/slots/held-updates.ts';

const at = (slot: number) => ({ kind: 'block_meta', slot }) as SolanaUpdate;

/** A connection that carries everything from a slot on. */
function from(slot: number): Coverage {
  const coverage = new Coverage('confirmed', undefined);
  coverage.sawStatus(slot - 1, slot - 2, 'confirmed');
  return coverage;
}

const slotsOf = (held: readonly { readonly update: SolanaUpdate }[]) =>
  held.map(({ update }) => (update.kind === 'slot' ? -1 : update.slot));

test('what is behind a hole waits until the hole is filled, and keeps its order', () => {
  const held = new HeldUpdates(10);
  const behind = from(20);
  for (const slot of [20, 21, 22]) held.add(at(slot), ['a'], behind);
  held.add(at(30), ['a'], from(30));
  assert.deepEqual(held.takeReady(18), []);
  assert.deepEqual(slotsOf(held.takeReady(19)), [20, 21, 22]);
  assert.deepEqual(slotsOf(held.takeReady(28)), []);
  assert.deepEqual(slotsOf(held.takeReady(29)), [30]);
});

test('what is of a settled slot waits no more, whoever brought it', () => {
  const held = new HeldUpdates(10);
  held.add(at(21), ['a'], from(20));
  held.add(at(19), ['a'], from(20));
  held.add(at(22), ['a'], from(20));
  assert.deepEqual(slotsOf(held.takeSettled(21)), [19, 21]);
  assert.deepEqual(slotsOf(held.takeAll()), [22]);
});

test('it says when it is full, and gives everything back', () => {
  const held = new HeldUpdates(2);
  held.add(at(20), [], from(20));
  assert.equal(held.isFull, false);
  held.add(at(21), [], from(20));
  assert.equal(held.isFull, true);
  assert.equal(held.takeAll().length, 2);
  assert.deepEqual([held.isFull, held.takeReady(100)], [false, []]);
});
