import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FeedPresent } from '../../../../src/pipelines/gather/feed-present.ts';

describe('FeedPresent', () => {
  it('is the end of the log, unless something was told of a slot that is not told yet', () => {
    const present = new FeedPresent();
    assert.equal(present.since, undefined);
    present.onAppended(5, 40);
    present.onAppended(5, 41);
    assert.equal(present.since, 39);
    present.onSlotTold(5, 42);
    present.onAppended(5, 43);
    assert.equal(present.since, undefined);
  });

  it('goes back to where nothing was told of the slots that are told behind it, either', () => {
    const present = new FeedPresent();
    present.onAppended(5, 40);
    present.onAppended(7, 41);
    present.onSlotTold(5, 42);
    assert.equal(present.since, 39);
  });

  it('remembers so many slots, and no more', () => {
    const present = new FeedPresent();
    for (let slot = 1; slot <= 3_000; slot++) present.onAppended(slot, slot);
    assert.equal(present.since, 3_000 - 1_024);
  });

  it('goes a few slots back at most, where each comes behind what happened in the next one', () => {
    const present = new FeedPresent();
    for (let slot = 1; slot <= 500; slot++) {
      present.onAppended(slot + 1, 2 * slot);
      present.onSlotTold(slot, 2 * slot + 1);
    }
    assert.equal(present.since, 2 * 497 - 1);
  });

  it('tells after which slot it begins, also where it goes back', () => {
    const present = new FeedPresent();
    assert.equal(present.slot, undefined);
    present.onAppended(5, 40);
    present.onSlotTold(4, 41);
    assert.deepEqual([present.since, present.slot], [39, 3]);
    present.onSlotTold(5, 42);
    assert.deepEqual([present.since, present.slot], [undefined, 5]);
    present.onAppended(7, 43);
    present.onSlotTold(6, 44);
    assert.deepEqual([present.since, present.slot], [42, 5]);
    present.clear();
    assert.deepEqual([present.since, present.slot], [undefined, undefined]);
  });

  it('is where it was when the last slot is told again', () => {
    const present = new FeedPresent();
    present.onSlotTold(4, 40);
    present.onAppended(6, 41);
    present.onSlotTold(5, 42);
    present.onSlotTold(5, 0);
    assert.deepEqual([present.since, present.slot], [40, 4]);
  });

  it('has all slots behind it told behind it, leaves nothing before it of those, and never goes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        steps => {
          const present = new FeedPresent();
          const log: { slot: number; isSlot: boolean }[] = [];
          let told = 0;
          let last = { since: 0, slot: 0 };
          for (const [isSlot, lead] of steps) {
            const slot = isSlot ? ++told : told + lead;
            log.push({ slot, isSlot });
            if (isSlot) present.onSlotTold(slot, log.length);
            else present.onAppended(slot, log.length);
            const now = { since: present.since ?? log.length, slot: present.slot ?? 0 };
            assert.ok(log.slice(0, now.since).every(each => each.isSlot || each.slot <= told));
            const slots = (part: typeof log) => part.filter(each => each.isSlot).map(each => each.slot);
            assert.ok(slots(log.slice(now.since)).every(each => each > now.slot));
            assert.ok(slots(log.slice(0, now.since)).every(each => each <= now.slot));
            assert.ok(now.since >= last.since && now.slot >= last.slot);
            last = now;
          }
        },
      ),
    );
  });
});
