import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WantedStream } from '../../../../src/aggregation/demand/wanted-stream.ts';
import type { StreamSubscriber } from '../../../../src/aggregation/stream-hub.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const taken: string[] = [];
  const subscribers = new Set<StreamSubscriber>();
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const hub = {
    isSlow: false,
    isRefusing: false,
    subscribe: async (params: string, subscriber: StreamSubscriber) => {
      asked.push(params);
      if (hub.isRefusing) throw new Error('nobody there');
      if (hub.isSlow) await new Promise<void>(resolve => waiting.push(resolve));
      subscribers.add(subscriber);
      return { cancel: () => void subscribers.delete(subscriber) };
    },
  };
  let isWanted = false;
  const stream = new WantedStream(
    {
      chain: 'test',
      params: '["newPendingTransactions"]',
      isWanted: () => isWanted,
      onEvent: hash => taken.push(String(hash)),
    },
    { hub, clock, log: silentLog },
  );
  const want = async (now: boolean) => {
    isWanted = now;
    stream.update();
    await clock.advanceAndSettle(0);
  };
  const emit = (text: string) => {
    for (const subscriber of subscribers) subscriber.onEvent(Buffer.from(text));
  };
  const end = () => {
    const ended = [...subscribers];
    subscribers.clear();
    for (const subscriber of ended) subscriber.onEnd('gone');
  };
  return { clock, taken, subscribers, asked, waiting, hub, stream, want, emit, end };
}

describe('WantedStream', () => {
  it('hands events over while they are wanted, and only then', async () => {
    const { taken, subscribers, asked, want, emit, stream } = setUp();
    await want(false);
    assert.deepEqual(asked, []);
    await want(true);
    await want(true);
    assert.deepEqual(asked, ['["newPendingTransactions"]']);
    assert.equal(stream.isLive, true);
    const [subscriber] = subscribers;
    emit('"0x01"');
    await want(false);
    assert.equal(subscribers.size, 0);
    assert.equal(stream.isLive, false);
    subscriber!.onEvent(Buffer.from('"0x02"'));
    assert.deepEqual(taken, ['"0x01"']);
  });

  it('subscribes again when the stream ends, more slowly each time that it is refused', async () => {
    const { clock, subscribers, asked, want, end, hub } = setUp();
    await want(true);
    hub.isRefusing = true;
    end();
    await clock.advanceAndSettle(200);
    assert.equal(asked.length, 1);
    await clock.advanceAndSettle(100);
    assert.equal(asked.length, 2);
    await clock.advanceAndSettle(400);
    assert.equal(asked.length, 2);
    await clock.advanceAndSettle(100_000, 100);
    assert.ok(asked.length < 20, `${asked.length} tries`);
    hub.isRefusing = false;
    await clock.advanceAndSettle(10_000, 10);
    assert.equal(subscribers.size, 1);
    assert.equal(clock.pendingCount, 0);
  });

  it('gives back a subscription that comes when it is not wanted any more', async () => {
    const { clock, subscribers, waiting, hub, want } = setUp();
    hub.isSlow = true;
    await want(true);
    await want(false);
    waiting[0]!();
    await clock.advanceAndSettle(0);
    assert.equal(subscribers.size, 0);
  });

  it('leaves the stream for good when it is stopped', async () => {
    const { clock, subscribers, stream, asked, want } = setUp();
    await want(true);
    stream.stop();
    assert.equal(subscribers.size, 0);
    await want(true);
    await clock.advanceAndSettle(20_000);
    assert.equal(asked.length, 1);
  });
});
