import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageAggregator } from '../../../src/aggregation/message-aggregator.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';

const make = (options = {}) =>
  new MessageAggregator({ chain: 'test', ...options }, { metrics: silentMetrics });

test('the first provider wins an event and its margin over each later one is kept', () => {
  const aggregator = make();
  const window = aggregator.open('heads');
  const [alpha, beta, gamma] = ['alpha', 'beta', 'gamma'].map(id => aggregator.provider(id));
  assert.equal(window.ingest('h1', alpha!, 1000), true);
  assert.equal(window.ingest('h1', beta!, 1040), false);
  assert.equal(window.ingest('h1', gamma!, 1200), false);
  const { providers, hits, misses } = aggregator.stats();
  assert.deepEqual([hits, misses], [2, 1]);
  assert.deepEqual(
    providers.map(({ providerId, wins, losses }) => [providerId, wins, losses]),
    [
      ['alpha', 1, 0],
      ['beta', 0, 1],
      ['gamma', 0, 1],
    ],
  );
  assert.deepEqual([providers[0]!.margins.beta!.max, providers[0]!.margins.gamma!.max], [40, 200]);
});

test('a provider that repeats its own event neither wins nor loses', () => {
  const aggregator = make();
  const window = aggregator.open('logs');
  const alpha = aggregator.provider('alpha');
  window.ingest('l1', alpha, 0);
  assert.equal(window.ingest('l1', alpha, 5), false);
  const [standing] = aggregator.stats().providers;
  assert.deepEqual([standing!.wins, standing!.losses, standing!.repeats], [1, 0, 1]);
});

test('a batch reports the positions of its first arrivals', () => {
  const aggregator = make();
  const window = aggregator.open('logs');
  const alpha = aggregator.provider('alpha');
  const firsts = new Uint32Array(4);
  window.ingest('b', alpha, 0);
  assert.equal(window.ingestBatch(['a', 'b', 'c', 'a'], alpha, 1, firsts), 2);
  assert.deepEqual([...firsts.subarray(0, 2)], [0, 2]);
});

test('heads and logs are recognised after any delay, pending transactions until the window has passed', () => {
  const aggregator = make();
  const alpha = aggregator.provider('alpha');
  for (const kind of ['heads', 'logs'] as const) {
    const window = aggregator.open(kind);
    window.ingest('x', alpha, 0);
    assert.equal(window.ingest('x', alpha, 600_000), false, kind);
  }
  const pending = aggregator.open('pending');
  pending.ingest('x', alpha, 0);
  assert.equal(pending.ingest('x', alpha, 1999), false);
  assert.equal(pending.ingest('x', alpha, 2000), true);
});

test('the same event belongs to each stream that it matches', () => {
  const aggregator = make();
  const alpha = aggregator.provider('alpha');
  assert.equal(aggregator.open('logs').ingest('x', alpha, 0), true);
  assert.equal(aggregator.open('logs').ingest('x', alpha, 0), true);
});

test('all windows together stay within their total', () => {
  const aggregator = make({ maxCacheSize: 1000, maxTotalEntries: 1500 });
  const windows = [aggregator.open('logs'), aggregator.open('logs'), aggregator.open('logs')];
  const alpha = aggregator.provider('alpha');
  for (let i = 0; i < 1000; i++) for (const window of windows) window.ingest(`k${i}`, alpha, i);
  const { entries, evictions } = aggregator.stats();
  assert.ok(entries <= 1500 + 3 * 256, `${entries}`);
  assert.ok(evictions > 0);
});

test('a closed window gives its room back and its counts stay', () => {
  const aggregator = make({ maxCacheSize: 1000, maxTotalEntries: 800 });
  for (let round = 0; round < 5; round++) {
    const window = aggregator.open('logs');
    for (let i = 0; i < 1000; i++) window.ingest(`k${i}`, aggregator.provider('alpha'), i);
    assert.ok(window.size > 500, `round ${round}`);
    window.close();
    window.close();
  }
  const { misses, windows, entries } = aggregator.stats();
  assert.deepEqual([misses, windows, entries], [5000, 0, 0]);
});

test('providers beyond 64 share one standing', () => {
  const aggregator = make();
  const window = aggregator.open('heads');
  for (let i = 0; i < 200; i++) window.ingest(`h${i}`, aggregator.provider(`p${i}`), i);
  const { providers } = aggregator.stats();
  assert.equal(providers.length, 64);
  assert.deepEqual([providers[63]!.providerId, providers[63]!.wins], ['other', 137]);
});

test('metrics count first arrivals, duplicates, wins, margins and evictions per chain', async () => {
  const metrics = new PromMetricRegistry();
  const aggregator = new MessageAggregator({ chain: 'test', maxCacheSize: 10 }, { metrics });
  const window = aggregator.open('logs');
  for (let i = 0; i < 12; i++) window.ingest(`k${i}`, aggregator.provider('alpha'), 0);
  window.ingest('k11', aggregator.provider('beta'), 20);
  const text = await metrics.expose();
  for (const line of [
    'trunkline_aggregator_first_arrivals_total{chain="test",stream="logs"} 12',
    'trunkline_aggregator_duplicates_total{chain="test",stream="logs"} 1',
    'trunkline_aggregator_wins_total{chain="test",provider="alpha",stream="logs"} 12',
    'trunkline_aggregator_margin_seconds_sum{chain="test",provider="beta"} 0.02',
    'trunkline_aggregator_evictions_total{chain="test",stream="logs"} 2',
    'trunkline_aggregator_entries{chain="test"} 10',
  ]) {
    assert.ok(text.includes(line), `${line}\nin\n${text}`);
  }
});

test('the next aggregator recognises what the last one forwarded, and who won it', () => {
  const before = make();
  before.provider('unused');
  const window = before.open('logs');
  window.ingest('x', before.provider('beta'), 1000);
  const after = make();
  const heir = after.open('logs', window);
  assert.equal(heir.ingest('x', after.provider('alpha'), 1030), false);
  const standings = Object.fromEntries(after.stats().providers.map(p => [p.providerId, p]));
  assert.equal(standings.beta!.margins.alpha!.max, 30);
  assert.deepEqual([standings.beta!.wins, standings.alpha!.losses], [0, 1]);
});
