import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Feed } from '../../../../src/feed/delivery/feed.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeEventSource } from './fake-event-source.ts';
import { FakeSink } from './fake-sink.ts';
import { feedSetup, settle } from './feed-setup.ts';

it('deliveries are told in metrics', async () => {
  const metrics = new PromMetricRegistry();
  const source = new FakeEventSource();
  const feed = new Feed(
    { maxBufferedBytes: 20 },
    { source, demand: () => undefined, chains: () => [], clock: new ManualClock(), log: silentLog, metrics },
  );
  const { request } = feedSetup();
  const [well, stuck, leaving] = [new FakeSink(), new FakeSink(), new FakeSink()];
  (await feed.subscribe(request(['a.heads']), well)).begin();
  (await feed.subscribe(request(['a.heads'], { strategy: 'drop_oldest' }), stuck)).begin();
  (await feed.subscribe(request(['a.heads'], { strategy: 'disconnect' }), leaving)).begin();
  stuck.isStalled = leaving.isStalled = true;
  source.commit('a.heads', 'a.heads', 'b.heads');
  await settle();
  source.commit('a.heads');
  await settle();
  const lines = new Set((await metrics.expose()).split('\n'));
  for (const line of [
    'trunkline_feed_subscriptions{state="live"} 1',
    'trunkline_feed_subscriptions{state="catching_up"} 1',
    'trunkline_feed_groups 1',
    'trunkline_feed_events_published_total 4',
    'trunkline_feed_frames_delivered_total 7',
    `trunkline_feed_delivered_bytes_total ${7 * 'e1:1 a.heads\n'.length}`,
    'trunkline_feed_slow_total{strategy="catch_up"} 0',
    'trunkline_feed_slow_total{strategy="drop_oldest"} 1',
    'trunkline_feed_slow_total{strategy="disconnect"} 1',
    'trunkline_feed_dropped_total{reason="slow"} 0',
    'trunkline_feed_dropped_total{reason="expired"} 0',
    'trunkline_feed_disconnects_total 1',
    'trunkline_feed_pages_read_total{source="memory"} 0',
    'trunkline_feed_pages_read_total{source="store"} 0',
    'trunkline_feed_pages_read_total{source="shared"} 0',
    'trunkline_feed_pages_being_read 0',
    'trunkline_feed_catch_up_lag_max 1',
  ]) {
    assert.ok(lines.has(line), line);
  }
});
