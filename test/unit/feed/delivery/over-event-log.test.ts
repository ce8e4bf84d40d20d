import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Feed } from '../../../../src/feed/delivery/feed.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { MemoryEventStore } from '../../../../src/feed/log/memory-event-store.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { LogUnderTest } from '../log/log-setup.ts';
import { FakeSink } from './fake-sink.ts';
import { LineFormat, settle } from './feed-setup.ts';

const head = { kind: eventKinds.head, chain: 'a', topic: 'a.heads', data: Buffer.alloc(200, 'x') };

describe('the feed over the event log', () => {
  it('is unavailable until the log is open, then gives what was and what comes without a seam', async () => {
    const { log, clock } = new LogUnderTest(new MemoryEventStore({ maxBytes: 2 ** 26 }), {
      memoryBytes: 8_000,
    });
    const feed = new Feed(
      { pageEvents: 50 },
      {
        source: log,
        demand: () => undefined,
        chains: () => [],
        tail: () => log.nextOffset - 1,
        clock,
        log: silentLog,
        metrics: silentMetrics,
      },
    );
    const sink = new FakeSink();
    const request = {
      selector: { key: 'a.heads', patterns: ['a.heads'] },
      format: new LineFormat(),
      from: { kind: 'earliest' },
      strategy: 'catch_up',
      gaps: 'refuse',
      keepMs: 0,
    } as const;
    await assert.rejects(feed.subscribe(request, sink), { code: 'feed_unavailable' });
    await log.open();
    for (let batch = 0; batch < 100; batch++) {
      log.append(Array.from({ length: 10 }, () => head));
      await settle(2);
    }
    const subscription = await feed.subscribe(request, sink);
    subscription.begin();
    for (let batch = 0; batch < 100; batch++) {
      log.append([head, head, head]);
      await settle(1);
    }
    for (let turn = 0; turn < 500 && feed.stats().live === 0; turn++) await settle(1);
    await settle();
    assert.deepEqual(
      sink.lines,
      Array.from({ length: 1_300 }, (_, index) => `${log.epoch}:${index + 1} a.heads`),
    );
    assert.equal(subscription.cursor, feed.cursor);
    feed.stop();
    await log.close();
  });
});
