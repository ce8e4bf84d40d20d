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

  it('leaves nothing before it of a slot that is not told yet', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        steps => {
          const present = new FeedPresent();
          const log: { slot: number; isSlot: boolean }[] = [];
          let told = 0;
          for (const [isSlot, lead] of steps) {
            const slot = isSlot ? ++told : told + lead;
            log.push({ slot, isSlot });
            if (isSlot) present.onSlotTold(slot, log.length);
            else present.onAppended(slot, log.length);
            const since = present.since ?? log.length;
            assert.ok(log.slice(0, since).every(each => each.isSlot || each.slot <= told));
          }
        },
      ),
    );
  });
});
