import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gapTopics } from '../../../src/exchange/gap-topics.ts';

describe('gapTopics', () => {
  it('are those of the programs that the pipeline reads, and no other’s', () => {
    assert.deepEqual(gapTopics('sol', ['A', 'B']), ['sol.events.A.>', 'sol.events.B.>']);
  });

  it('are all events of the chain where the pipeline reads whatever programs there are', () => {
    assert.deepEqual(gapTopics('sol', []), ['sol.events.>']);
  });
});
