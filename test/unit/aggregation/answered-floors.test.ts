import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnsweredFloors } from '../../../src/aggregation/answered-floors.ts';

describe('AnsweredFloors', () => {
  it('keeps the highest number of each line', () => {
    const floors = new AnsweredFloors({ expiryMs: 1_000 });
    floors.note('a', 5, 0);
    floors.note('a', 4, 1);
    floors.note('b', 2, 2);
    assert.deepEqual([floors.get('a'), floors.get('b'), floors.get('c')], [5, 2, 0]);
  });

  it('goes back when no answer was at it for long enough', () => {
    const floors = new AnsweredFloors({ expiryMs: 1_000 });
    floors.note('a', 50, 0);
    floors.note('a', 4, 100);
    floors.note('a', 50, 900);
    floors.note('a', 5, 1_000);
    floors.note('a', 6, 1_999);
    assert.equal(floors.get('a'), 50, 'an answer at it came in between');
    floors.note('a', 7, 2_000);
    assert.equal(floors.get('a'), 7);
  });

  it('forgets the line that was made first when there are too many', () => {
    const floors = new AnsweredFloors({ expiryMs: 1_000 });
    for (let n = 0; n <= 32; n++) floors.note(`line ${n}`, 9, 0);
    assert.deepEqual([floors.get('line 0'), floors.get('line 1'), floors.get('line 32')], [0, 9, 9]);
  });
});
