import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChainDemand } from '../../../../src/aggregation/demand/chain-demand.ts';
import { PendingFollower } from '../../../../src/aggregation/pending/pending-follower.ts';
import type { StreamSubscriber } from '../../../../src/aggregation/stream-hub.ts';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const demand = new ChainDemand(
    { chain: 'test' },
    { rules: logRules, clock, log: silentLog, metrics: silentMetrics },
  );
  const taken: string[] = [];
  const subscribers = new Set<StreamSubscriber>();
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const hub = {
    isSlow: false,
    subscribe: async (params: string, subscriber: StreamSubscriber) => {
      asked.push(params);
      if (hub.isSlow) await new Promise<void>(resolve => waiting.push(resolve));
      subscribers.add(subscriber);
      return { cancel: () => void subscribers.delete(subscriber) };
    },
  };
  const follower = new PendingFollower(
    { chain: 'test' },
    { demand, hub, sink: { pending: hash => taken.push(String(hash)) }, clock, log: silentLog },
  );
  const emit = (text: string) => {
    const bytes = Buffer.from(text);
    for (const subscriber of subscribers) subscriber.onEvent(bytes);
    bytes.fill(0);
  };
  return { clock, demand, taken, subscribers, asked, waiting, hub, follower, emit };
}

describe('PendingFollower', () => {
  it('hands hashes over while somebody asks for them, and only then', async () => {
    const { clock, demand, taken, subscribers, asked, emit } = setUp();
    await clock.advanceAndSettle(10_000);
    assert.deepEqual(asked, []);
    const claim = demand.claimPending({ since: 0, keepMs: 0 });
    await clock.advanceAndSettle(0);
    assert.deepEqual(asked, ['["newPendingTransactions"]']);
    emit('"0x01"');
    emit('{"hash":"0x02"}');
    assert.deepEqual(taken, ['"0x01"'], 'hashes, and copies of them');
    claim.release();
    await clock.advanceAndSettle(2_000);
    assert.equal(subscribers.size, 0);
  });

  it('subscribes again when the stream ends, more slowly each time', async () => {
    const { clock, demand, subscribers, asked } = setUp();
    demand.claimPending({ since: 0, keepMs: 0 });
    await clock.advanceAndSettle(0);
    const [subscriber] = subscribers;
    subscribers.clear();
    subscriber!.onEnd('gone');
    await clock.advanceAndSettle(200);
    assert.equal(asked.length, 1);
    await clock.advanceAndSettle(100);
    assert.equal(asked.length, 2);
    assert.equal(subscribers.size, 1);
  });

  it('gives back a subscription that comes when nobody asks any more', async () => {
    const { clock, demand, subscribers, waiting, hub } = setUp();
    hub.isSlow = true;
    const claim = demand.claimPending({ since: 0, keepMs: 0 });
    await clock.advanceAndSettle(0);
    claim.release();
    await clock.advanceAndSettle(5_000);
    waiting[0]!();
    await clock.advanceAndSettle(0);
    assert.equal(subscribers.size, 0);
  });

  it('leaves the stream when it is stopped', async () => {
    const { clock, demand, subscribers, follower, asked } = setUp();
    demand.claimPending({ since: 0, keepMs: 0 });
    await clock.advanceAndSettle(0);
    follower.stop();
    assert.equal(subscribers.size, 0);
    demand.claimPending({ since: 0, keepMs: 0 });
    await clock.advanceAndSettle(20_000);
    assert.equal(asked.length, 1);
  });
});
