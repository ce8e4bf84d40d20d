import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventStore } from '../../../../src/feed/log/event-store.ts';
import { FeedHandler } from '../../../../src/pipelines/feed/feed-handler.ts';
import { valueEvent } from '../../../../src/pipelines/feed/value-event.ts';
import type { PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { type LogUnderTest, openLog, settle, UnreliableStore } from '../../feed/log/log-setup.ts';

const program = '11111111111111111111111111111111';

function item(slot: number, at: number, more: { isRemoved?: boolean; value?: unknown } = {}): PipelineItem {
  const signature = `s${slot}x${at}`;
  const { isRemoved = false, value = { type: 'event', program, name: 'Made', data: { at: BigInt(at) } } } =
    more;
  const key = `${slot}:${signature}:0:0`;
  return {
    pipeline: 'p',
    value,
    origin: { chain: 'sol', slot, signature, path: '0', ordinal: 0, key, isRemoved },
  };
}

async function setUp(
  store: EventStore,
  checkpoint: () => number | undefined = () => undefined,
  under?: LogUnderTest,
) {
  under ??= await openLog(store);
  const handler = new FeedHandler(
    {
      id: 'feed',
      eventOf: valueEvent({ chain: 'sol', commitment: 'confirmed', program }),
      gapTopics: ['sol.events.>'],
    },
    { eventLog: under.log, savedCheckpoint: checkpoint },
  );
  await handler.open({ pipeline: 'p', chain: 'sol', checkpoint: checkpoint() });
  const told = () => under.told.map(({ data }) => JSON.parse(data.toString()));
  return { under, handler, told };
}

describe('FeedHandler', () => {
  it('tells values as events with where they come from, under topics that say what they are', async () => {
    const { under, handler, told } = await setUp(new UnreliableStore());
    await handler.handleBatch([item(5, 1), item(5, 2, { value: 7 })]);
    assert.deepEqual(
      under.told.map(({ topic }) => topic),
      [`sol.events.${program}.Made`, `sol.events.${program}.p`],
    );
    assert.deepEqual(told()[0], {
      slot: 5,
      signature: 's5x1',
      commitment: 'confirmed',
      path: '0',
      pipeline: 'p',
      program,
      name: 'Made',
      value: { at: '1' },
    });
    assert.equal(told()[1].value, 7);
  });

  it('loses nothing where many wait for room that only some of them get', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store, { maxBacklogBytes: 40_000 });
    const handlers = [];
    for (let n = 0; n < 8; n++) handlers.push((await setUp(store, undefined, under)).handler);
    let isStuck = true;
    store.onWrite = () => (isStuck ? 'disk_full' : undefined);
    const value = { type: 'event', program, name: 'Made', data: { text: 'x'.repeat(20_000) } };
    const done = handlers.map((handler, n) => handler.handleBatch([item(5, n, { value })]));
    await settle();
    isStuck = false;
    await under.clock.advanceAndSettle(60_000);
    await Promise.all(done);
    assert.equal(under.told.length, 8);
  });

  it('tells what comes again once, in the same process and after a crash', async () => {
    const store = new UnreliableStore();
    const first = await setUp(store);
    await first.handler.handleBatch([item(5, 1), item(5, 2)]);
    await first.handler.handleBatch([item(5, 2), item(6, 1)]);
    assert.equal(first.told().length, 3);
    const second = await setUp(store, () => 4);
    await second.handler.handleBatch([item(5, 1), item(5, 2), item(6, 1), item(6, 2)]);
    assert.deepEqual(
      second.told().map(({ signature }) => signature),
      ['s6x2'],
    );
  });

  it('tells of slots as high as numbers go, and knows after a crash that it did', async () => {
    const store = new UnreliableStore();
    const slot = Number.MAX_SAFE_INTEGER - 1;
    await (await setUp(store)).handler.handleBatch([item(slot, 1)]);
    const second = await setUp(store, () => 4);
    await second.handler.handleBatch([item(slot, 1), item(slot, 2)]);
    assert.deepEqual(
      second.told().map(({ signature }) => signature),
      [`s${slot}x2`],
    );
  });

  it('takes back what is removed, once too', async () => {
    const { handler, told } = await setUp(new UnreliableStore());
    const removed = item(5, 1, { isRemoved: true });
    await handler.handleBatch([item(5, 1), removed, removed]);
    assert.deepEqual(
      told().map(data => data.removed),
      [undefined, true],
    );
  });

  it('tells anew what was removed and comes back, in the same process and after a crash', async () => {
    const store = new UnreliableStore();
    const first = await setUp(store);
    const removed = item(5, 1, { isRemoved: true });
    await first.handler.handleBatch([item(5, 1), removed]);
    await first.handler.handleBatch([item(5, 1), item(5, 1)]);
    assert.equal(first.told().length, 3);
    const next = await setUp(store);
    await next.handler.handleBatch([item(5, 1), removed, removed]);
    assert.deepEqual(
      next.told().map((event: { removed?: true }) => event.removed),
      [true],
    );
  });

  it('remembers no slot that the checkpoint has passed', async () => {
    const store = new UnreliableStore();
    let checkpoint = 0;
    const { handler } = await setUp(store, () => checkpoint);
    for (let slot = 1; slot <= 50; slot++) {
      await handler.handle(item(slot, 1));
      checkpoint = slot - 1;
    }
    const { under } = await setUp(store);
    const prefix = Buffer.from('t/p/');
    const records = await under.log.index.range(prefix, Buffer.from('t/p0'), {
      maxEntries: 100,
      maxBytes: 1e6,
    });
    assert.ok(records.length <= 2, `${records.length} slots`);
  });

  it('is done with nothing before it is committed, however often it is asked', async () => {
    const store = new UnreliableStore();
    const { under, handler, told } = await setUp(store);
    store.onWrite = () => 'store_full';
    let done = 0;
    const writes = [handler.handle(item(5, 1)), handler.handle(item(5, 1))];
    for (const write of writes) void write.then(() => done++);
    await settle();
    assert.equal(done, 0);
    store.onWrite = () => undefined;
    await under.clock.advanceAndSettle(60_000);
    await Promise.all(writes);
    assert.equal(told().length, 1);
  });

  it('tells a gap with its topics, and none of what was fetched by other ways', async () => {
    const { under, handler, told } = await setUp(new UnreliableStore());
    const gap = { pipeline: 'p', fromSlot: 3, toSlot: 9, message: 'gone', count: undefined } as const;
    await handler.onGap({ ...gap, reason: 'expired', recovered: 'transactions' });
    await handler.onGap({ ...gap, reason: 'too_long', recovered: 'none' });
    assert.deepEqual(told(), [
      { reason: 'too_long', fromSlot: 3, toSlot: 9, topics: ['sol.events.>'], message: 'gone' },
    ]);
    assert.equal(under.told[0]!.topic, 'sol.gaps');
  });
});
