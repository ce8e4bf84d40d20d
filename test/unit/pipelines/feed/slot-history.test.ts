import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SlotData } from '../../../../src/feed/events/feed-event.ts';
import { SlotHistory } from '../../../../src/pipelines/feed/slot-history.ts';

const said = (slot: number, status: SlotData['status'], parent: number | null = slot - 1): SlotData => ({
  slot,
  parent,
  status,
});
const words = (told: readonly SlotData[]) => told.map(({ slot, status }) => `${slot} ${status}`);

describe('SlotHistory', () => {
  it('tells each status once, in the order in which they come', () => {
    const history = new SlotHistory();
    const told = [
      said(5, 'processed'),
      said(6, 'processed'),
      said(5, 'confirmed'),
      said(5, 'processed'),
      said(5, 'confirmed'),
    ];
    assert.deepEqual(words(told.flatMap(each => history.take(each))), [
      '5 processed',
      '6 processed',
      '5 confirmed',
    ]);
  });

  it('fills in what a status says of others: one that is confirmed was processed, those before a finalized one are final', () => {
    const history = new SlotHistory();
    history.take(said(5, 'confirmed'));
    history.take(said(6, 'confirmed'));
    assert.deepEqual(words(history.take(said(8, 'finalized', 6))), [
      '8 processed',
      '8 confirmed',
      '5 finalized',
      '6 finalized',
      '8 finalized',
    ]);
    assert.deepEqual(history.take(said(6, 'finalized')), []);
  });

  it('begins with what comes: of slots that were never told nothing is told as finalized', () => {
    const history = new SlotHistory();
    assert.deepEqual(history.take(said(3, 'finalized')), []);
    history.take(said(40, 'confirmed'));
    assert.deepEqual(history.take(said(12, 'finalized')), []);
    assert.deepEqual(words(history.take(said(40, 'finalized'))), ['40 finalized']);
  });

  it('tells a dead slot once, and the slot anew when it comes back', () => {
    const history = new SlotHistory();
    history.take(said(5, 'processed'));
    assert.deepEqual(words([...history.take(said(5, 'dead')), ...history.take(said(5, 'dead'))]), ['5 dead']);
    assert.deepEqual(words(history.take(said(5, 'processed'))), ['5 processed']);
  });

  it('is the same after any restart, whatever is said again and whatever is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 3 }), { maxLength: 60 }),
        fc.array(fc.nat({ max: 60 })),
        (skips, restarts) => {
          let history = new SlotHistory();
          const told: SlotData[] = [];
          let slot = 1;
          const slots = skips.map(skip => (slot += 1 + skip));
          for (const [at, each] of slots.entries()) {
            const before = slots.slice(Math.max(0, at - 3), at + 1);
            if (restarts.includes(at)) {
              history = new SlotHistory(JSON.parse(JSON.stringify(history.record)));
              for (const again of before.slice(0, -1)) told.push(...history.take(said(again, 'confirmed')));
            } else told.push(...history.take(said(each, 'processed')));
            told.push(...history.take(said(each, 'confirmed')));
            const final = slots[at - 2];
            if (final !== undefined && !restarts.includes(at))
              told.push(...history.take(said(final, 'finalized')));
          }
          for (const status of ['processed', 'confirmed', 'finalized'] as const) {
            const of = told.filter(data => data.status === status).map(data => data.slot);
            assert.deepEqual(of, slots.slice(0, of.length), status);
            if (status !== 'finalized') assert.equal(of.length, slots.length);
          }
        },
      ),
    );
  });
});
