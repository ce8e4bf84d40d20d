import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Commitment } from '../../../../src/chains/solana/commitment.ts';
import type { SlotUpdate } from '../../../../src/chains/solana/updates.ts';
import { SlotLedger } from '../../../../src/sources/slots/slot-ledger.ts';

function setUp(commitment: Commitment = 'confirmed', maxSlots = 8192) {
  const settled: number[] = [];
  const slots: SlotUpdate[] = [];
  const revived: number[] = [];
  const ledger = new SlotLedger(
    { commitment, maxSlots },
    {
      onProven: () => {},
      onSettled: slot => settled.push(slot),
      onSlot: slot => slots.push(slot),
      onRevived: slot => revived.push(slot),
    },
  );
  const told = (status: SlotUpdate['status']) =>
    slots.filter(slot => slot.status === status).map(({ slot }) => slot);
  return { ledger, settled, slots, told, revived };
}

const at = (
  slot: number,
  status: SlotUpdate['status'],
  parent: number | undefined = slot - 1,
): SlotUpdate => ({
  kind: 'slot',
  slot,
  parent,
  status,
});

test('slots settle as their parents chain them, skipped ones passed over', () => {
  const { ledger, settled } = setUp();
  const connection = ledger.open(100);
  ledger.report(at(100, 'confirmed'), connection);
  ledger.report(at(103, 'confirmed', 100), connection);
  ledger.report(at(104, 'confirmed'), connection);
  assert.deepEqual(settled, [100, 103, 104]);
  assert.equal(ledger.missing(), undefined);
});

test('from now begins behind the first slot that is sure, whose beginning may have been missed', () => {
  const { ledger, settled } = setUp();
  const connection = ledger.open(undefined);
  ledger.report(at(70, 'finalized'), connection);
  ledger.report(at(101, 'processed'), connection);
  ledger.report(at(100, 'confirmed'), connection);
  assert.deepEqual(settled, [100]);
  ledger.report(at(101, 'confirmed'), connection);
  assert.deepEqual(settled, [100, 101]);
});

test('what is processed settles when it is confirmed', () => {
  const { ledger, settled } = setUp('processed');
  const connection = ledger.open(100);
  ledger.report(at(100, 'processed'), connection);
  ledger.report(at(101, 'processed'), connection);
  assert.deepEqual(settled, []);
  ledger.report(at(101, 'confirmed'), connection);
  assert.deepEqual(settled, [100, 101]);
});

test('a slot whose parent was not seen waits, and the range is missing', () => {
  const { ledger, settled } = setUp();
  const connection = ledger.open(100);
  ledger.report(at(100, 'confirmed'), connection);
  ledger.report(at(105, 'confirmed'), connection);
  assert.deepEqual(settled, [100]);
  assert.deepEqual(ledger.missing(), { from: 101, to: 104, isAnchored: true });
  ledger.fill(104, [102, 104]);
  assert.deepEqual(settled, [100, 104, 105]);
});

test('what another connection is about to replay is not missing', () => {
  const { ledger, settled } = setUp();
  const live = ledger.open(undefined);
  const replay = ledger.open(100);
  ledger.report(at(110, 'confirmed'), live);
  ledger.report(at(111, 'confirmed'), live);
  assert.equal(ledger.missing(), undefined);
  for (let slot = 100; slot <= 109; slot++) ledger.report(at(slot, 'confirmed'), replay);
  assert.equal(settled.at(-1), 109);
  ledger.report(at(110, 'confirmed'), replay);
  assert.equal(settled.at(-1), 111);
  ledger.close(replay);
});

test('a connection that was opened in the middle of a slot does not vouch for it', () => {
  const { ledger, settled } = setUp();
  const first = ledger.open(100);
  ledger.report(at(100, 'confirmed'), first);
  ledger.close(first);
  const second = ledger.open(undefined);
  ledger.report(at(101, 'confirmed'), second);
  ledger.report(at(102, 'confirmed'), second);
  assert.deepEqual(settled, [100]);
  assert.deepEqual(ledger.missing(), { from: 101, to: 101, isAnchored: true });
});

test('a server that does not replay as it was asked is found out', () => {
  const { ledger, settled } = setUp();
  const connection = ledger.open(100);
  ledger.sawContent(150, connection);
  ledger.report(at(150, 'confirmed'), connection);
  ledger.report(at(151, 'confirmed'), connection);
  assert.deepEqual(settled, []);
  assert.deepEqual(ledger.missing(), { from: 100, to: 150, isAnchored: true });
});

test('with a slot its ancestors have its commitment, each status told once and in order', () => {
  const { ledger, slots } = setUp('processed');
  const connection = ledger.open(100);
  for (let slot = 100; slot <= 103; slot++) ledger.report(at(slot, 'processed'), connection);
  ledger.report(at(102, 'confirmed'), connection);
  ledger.report(at(102, 'confirmed'), connection);
  ledger.report(at(101, 'finalized'), connection);
  assert.deepEqual(
    slots.slice(4).map(({ slot, status }) => `${slot} ${status}`),
    ['100 confirmed', '101 confirmed', '102 confirmed', '100 finalized', '101 finalized'],
  );
});

test('forks that the chain went past are dead before anything above settles, newest first', () => {
  const { ledger, settled, told } = setUp('processed');
  const connection = ledger.open(100);
  for (const slot of [100, 101, 102]) ledger.report(at(slot, 'processed'), connection);
  ledger.report(at(103, 'processed', 100), connection);
  ledger.report(at(103, 'confirmed', 100), connection);
  assert.deepEqual(told('dead'), [102, 101]);
  assert.deepEqual(settled, [100, 103]);
});

test('a replay of a dead slot does not bring it back; only that it becomes sure does, and then it is fetched', () => {
  const { ledger, settled, told, revived } = setUp('processed');
  const connection = ledger.open(100);
  ledger.report(at(100, 'processed'), connection);
  ledger.report(at(100, 'dead'), connection);
  ledger.report(at(100, 'processed'), connection);
  ledger.report(at(100, 'dead'), connection);
  assert.deepEqual([told('processed'), told('dead'), revived], [[100], [100], []]);
  ledger.report(at(100, 'confirmed'), connection);
  assert.deepEqual(revived, [100]);
  assert.deepEqual(settled, []);
  assert.deepEqual(ledger.missing(), { from: 100, to: 100, isAnchored: true });
  ledger.fill(100, [100]);
  assert.deepEqual(settled, [100]);
});

test('it stays bounded while the chain does not become sure', () => {
  const { ledger } = setUp('confirmed', 100);
  const connection = ledger.open(1);
  for (let slot = 1; slot <= 1000; slot++) ledger.report(at(slot, 'processed'), connection);
  assert.equal(ledger.size, 100);
});

test('a parent that is not older than its child does not hang it', () => {
  const { ledger } = setUp();
  const connection = ledger.open(100);
  ledger.report(at(100, 'confirmed', 105), connection);
  ledger.report(at(105, 'confirmed', 100), connection);
  assert.ok(ledger.size <= 2);
});

test('that a settled slot died is not believed', () => {
  const { ledger, told } = setUp();
  const coverage = ledger.open(100);
  ledger.report({ kind: 'slot', slot: 100, parent: 99, status: 'confirmed' }, coverage);
  assert.equal(ledger.settled, 100);
  ledger.report({ kind: 'slot', slot: 100, parent: 99, status: 'dead' });
  assert.deepEqual([ledger.isDead(100), told('dead')], [false, []]);
});
