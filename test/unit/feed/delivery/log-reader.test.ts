import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { feedSetup } from './feed-setup.ts';

const offsets = (events: readonly FeedEvent[]) => events.map(({ offset }) => offset);

describe('a reader', () => {
  it('gives what came since the last read, in order, at most as much as was asked for', async () => {
    const { source, feed } = feedSetup({ pageEvents: 3 });
    source.memory = 2;
    source.commit('a.heads');
    const reader = feed.reader({ key: 'k', patterns: ['a.heads'] }, 0);
    assert.deepEqual(await reader.read(10), []);
    source.commit('a.heads', 'b.heads', 'a.heads', 'b.heads', 'a.reorgs', 'b.heads', 'a.heads');
    assert.deepEqual(offsets(await reader.read(3)), [2, 4, 6]);
    assert.deepEqual(offsets(await reader.read(3)), [8]);
    assert.deepEqual(await reader.read(3), []);
  });

  it('gives each event once to reads that overlap', async () => {
    const { source, feed } = feedSetup({ pageEvents: 2 });
    source.memory = 1;
    const reader = feed.reader({ key: 'k', patterns: ['a.heads'] }, 0);
    source.commit('a.heads', 'a.heads', 'a.heads', 'a.heads', 'a.heads');
    const [first, second] = await Promise.all([reader.read(3), reader.read(3)]);
    assert.deepEqual(
      [offsets(first), offsets(second)],
      [
        [1, 2, 3],
        [4, 5],
      ],
    );
  });

  it('says once that events expired, and goes on with those that are kept', async () => {
    const { source, feed } = feedSetup();
    const reader = feed.reader({ key: 'k', patterns: ['a.heads'] }, 0);
    source.commit('a.heads', 'a.heads', 'a.heads');
    source.expire(3);
    await assert.rejects(reader.read(10), { code: 'events_expired' });
    assert.deepEqual(offsets(await reader.read(10)), [3]);
  });

  it('is told that the store cannot be read, and loses nothing by it', async () => {
    const { source, feed } = feedSetup();
    source.memory = 0;
    source.isHeld = true;
    const reader = feed.reader({ key: 'k', patterns: ['a.heads'] }, 0);
    source.commit('a.heads');
    const failed = assert.rejects(reader.read(10), { code: 'feed_unavailable' });
    await new Promise(resolve => setImmediate(resolve));
    for (const { fail } of source.held.splice(0)) fail(new Error('the storage thread died'));
    await failed;
    source.isHeld = false;
    assert.deepEqual(offsets(await reader.read(10)), [1]);
  });

  it('claims what it needs until it ends', () => {
    const { feed, demands } = feedSetup();
    const reader = feed.reader({ key: 'k', patterns: ['a.logs.0x1.0x2'] }, 7);
    const demand = demands.get('a')!;
    assert.deepEqual(demand.held, [{ address: '0x1', topic0: '0x2' }]);
    assert.equal(feed.stats().readers, 1);
    reader.end();
    reader.end();
    assert.deepEqual([demand.held, feed.stats().readers], [[], 0]);
  });
});
