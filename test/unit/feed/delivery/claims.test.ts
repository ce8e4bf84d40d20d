import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedSubscription } from '../../../../src/feed/delivery/feed-request.ts';
import { FakeSink } from './fake-sink.ts';
import { FakeDemand, feedSetup, LineFormat, settle } from './feed-setup.ts';

describe('what subscriptions make be gathered', () => {
  it('is claimed once for 5,000 subscribers of one selector, and released by the last (row 20)', async () => {
    const { source, feed, demands, request } = feedSetup();
    const sinks = Array.from({ length: 5_000 }, () => new FakeSink());
    const subscriptions: FeedSubscription[] = [];
    for (const sink of sinks) {
      const subscription = await feed.subscribe(request(['a.logs.0x1.*', 'a.pending']), sink);
      subscription.begin();
      subscriptions.push(subscription);
    }
    const demand = demands.get('a')!;
    assert.deepEqual(demand.held, [{ address: '0x1' }, 'pending']);
    assert.deepEqual(demand.claims[0]!.options, { since: 0, keepMs: 5_000 });
    assert.deepEqual(demands.get('b')!.claims, []);
    assert.equal(feed.stats().groups, 1);
    source.commit('a.logs.0x1.0x2');
    await settle();
    const buffer = sinks[0]!.writes[0]![0];
    for (const { writes } of sinks) assert.equal(writes[0]![0], buffer);
    for (const subscription of subscriptions.slice(1)) subscription.end();
    assert.equal(demand.held.length, 2);
    subscriptions[0]!.end();
    assert.deepEqual(demand.held, []);
    assert.equal(feed.stats().groups, 0);
  });

  it('is one claim for formats of one selector, and one for each time that it is kept', async () => {
    const { feed, demands, request } = feedSetup();
    const demand = demands.get('a')!;
    const ends = [];
    for (const [key, keepMs] of [
      ['x', 1],
      ['y', 1],
      ['x', 2],
    ] as const) {
      const more = { format: new LineFormat(key), keepMs };
      ends.push(await feed.subscribe(request(['a.logs.>'], more), new FakeSink()));
    }
    assert.deepEqual(
      demand.claims.map(({ options }) => options.keepMs),
      [1, 2],
    );
    ends[0]!.end();
    assert.equal(demand.held.length, 2);
    ends[1]!.end();
    assert.deepEqual(
      demand.claims.map(({ isHeld }) => isHeld),
      [false, true],
    );
  });

  it('includes chains that are added later, and those that start anew', async () => {
    const { source, feed, demands, request } = feedSetup();
    (await feed.subscribe(request(['*.logs.>']), new FakeSink())).begin();
    const added = new FakeDemand();
    demands.set('c', added);
    source.commit('a.heads');
    feed.chainsChanged();
    assert.deepEqual(added.held, [{}]);
    assert.equal(added.claims[0]!.options.since, 1);
    const before = demands.get('a')!;
    const anew = new FakeDemand();
    demands.set('a', anew);
    demands.delete('b');
    feed.chainsChanged();
    assert.deepEqual([before.held, anew.held, added.held], [[], [{}], [{}]]);
    assert.equal(added.claims.length, 1);
  });

  it('includes a chain of which nobody told, from its first event on', async () => {
    const { source, feed, demands, request } = feedSetup();
    (await feed.subscribe(request(['>']), new FakeSink())).begin();
    demands.set('c', new FakeDemand());
    source.commit('c.heads');
    assert.deepEqual(demands.get('c')!.held, [{}, 'pending']);
  });

  it('is said to be missing for the time when nobody asked for it', async () => {
    const { source, feed, demands, request } = feedSetup();
    source.commit('a.heads', 'a.heads', 'a.heads');
    const from = { kind: 'cursor', cursor: 'e1:1' } as const;
    const sink = new FakeSink();
    const open = async (patterns: readonly string[]) => {
      (await feed.subscribe(request(patterns, { from }), sink)).begin();
    };
    await open(['a.logs.>', 'a.heads']);
    await settle();
    assert.deepEqual(sink.lines, ['gap not_gathered e1:1 e1:3 at e1:1', 'e1:2 a.heads', 'e1:3 a.heads']);
    // Somebody has had them gathered for long enough.
    sink.writes.length = 0;
    demands.get('a')!.since = 1;
    await open(['a.logs.>', 'a.pending']);
    await open(['b.heads']);
    await settle();
    assert.deepEqual(sink.lines, []);
  });

  it('is not said to be missing of what comes', async () => {
    const { source, feed, demands, request } = feedSetup();
    source.commit('a.heads');
    demands.get('a')!.since = 5;
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.logs.>']), sink)).begin();
    assert.deepEqual(sink.lines, []);
  });
});
