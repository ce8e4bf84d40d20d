import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../../src/feed/log/event-log.ts';
import { LogKeys, stateKey } from '../../../../src/feed/log/log-keys.ts';
import type { StorageErrorCode } from '../../../../src/storage/errors.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  DamagedStore,
  event,
  LogUnderTest,
  noLimits,
  openLog,
  settle,
  UnreliableStore,
  usualOptions,
} from './log-setup.ts';

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last + 1 - first }, (_, i) => first + i);

const chunkKey = ({ log }: LogUnderTest, offset: number): string =>
  new LogKeys(log.epoch).chunk(offset).toString('latin1');

/** Appends events one by one, each committed alone. */
async function appendEach({ log }: LogUnderTest, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.whenCommitted(log.append([event(String(i))]));
}

describe('EventLog', () => {
  it('gives offsets at once and tells the events of a turn together, once they are committed', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store);
    const { log } = under;
    const turns: number[] = [];
    log.onCommitted(events => turns.push(events.length));
    const writes = store.writes;
    assert.equal(log.append([event(), event()]), 1);
    assert.equal(log.append([event()]), 3);
    assert.equal(log.nextOffset, 4);
    assert.deepEqual([log.head, under.offsets.length], [0, 0]);
    assert.deepEqual(log.recent(1, noLimits), []);
    await log.whenCommitted(3);
    assert.deepEqual([turns, under.offsets, store.writes - writes], [[3], [1, 2, 3], 1]);
  });

  it('keeps the newest events in memory, and says when others have to be read', async () => {
    const under = await openLog(undefined, { memoryBytes: 3_000 });
    await appendEach(under, 50);
    const { log, told } = under;
    const first = told.find(({ offset }) => log.recent(offset, noLimits) !== undefined)!.offset;
    assert.ok(first > 30 && first < 50, `first ${first}`);
    assert.deepEqual(log.recent(first, noLimits), told.slice(first - 1));
    assert.deepEqual(log.recent(48, { maxEvents: 2, maxBytes: 1_000 }), told.slice(47, 49));
    assert.deepEqual(log.recent(48, { maxEvents: 2, maxBytes: 1 }), told.slice(47, 48));
    assert.deepEqual(log.recent(51, noLimits), []);
    assert.equal(log.recent(first - 1, noLimits), undefined);
    assert.deepEqual(await log.read(1, noLimits), told);
  });

  for (const code of ['disk_full', 'store_full', 'storage_overloaded', 'storage_timeout'] as const) {
    it(`repeats what was answered with ${code} until it is committed, in order, telling nothing before`, async () => {
      const store = new UnreliableStore();
      const under = await openLog(store);
      const { log, clock } = under;
      store.onWrite = () => code;
      for (let i = 0; i < 20; i++) {
        log.append([event(String(i))]);
        await settle(1);
      }
      await clock.advanceAndSettle(10_000, 10);
      assert.deepEqual([under.offsets, log.head, log.nextOffset], [[], 0, 21]);
      store.onWrite = () => undefined;
      await clock.advanceAndSettle(5_000);
      assert.deepEqual(under.offsets, upTo(20));
      assert.deepEqual(
        (await log.read(1, noLimits)).map(({ data }) => data.toString()),
        upTo(19, 0).map(String),
      );
      assert.equal(log.stats().backlogBytes, 0);
    });
  }

  it('commits each event once and in order, however writes are refused, lost and late', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const store = new UnreliableStore();
      const clock = new ManualClock();
      let state = seed;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const outcomes: (StorageErrorCode | 'lost' | undefined)[] = [
        'disk_full',
        'lost',
        'storage_unavailable',
        undefined,
        undefined,
      ];
      const under = await openLog(store, {}, clock);
      store.onWrite = () => outcomes[Math.floor(random() * outcomes.length)];
      for (let i = 0; i < 100; i++) {
        under.log.append(Array.from({ length: 1 + Math.floor(random() * 3) }, () => event(String(i))));
        if (random() < 0.5) await settle(1);
        if (random() < 0.3) clock.advance(50);
      }
      const last = under.log.nextOffset - 1;
      await clock.advanceAndSettle(200_000, 100);
      store.onWrite = () => undefined;
      await clock.advanceAndSettle(5_000, 2);
      assert.deepEqual(under.offsets, upTo(last), `seed ${seed}`);
      assert.equal(under.log.earliest, 1, `seed ${seed}`);
      const again = await openLog(store);
      assert.deepEqual(await again.log.read(1, noLimits), under.told, `seed ${seed}`);
    }
  });

  it('holds writers back before its backlog is full, and refuses those who do not wait', async () => {
    const store = new UnreliableStore();
    const { log, clock } = await openLog(store, { maxBacklogBytes: 10_000 });
    store.onWrite = () => 'disk_full';
    const data = Buffer.alloc(100);
    let appended = 0;
    let pressedAt = 0;
    for (; log.hasRoom; appended++) {
      log.append([event(data)]);
      if (log.isPressed && pressedAt === 0) pressedAt = log.stats().backlogBytes;
    }
    assert.ok(pressedAt > 5_000 && pressedAt < 5_300, `pressed at ${pressedAt}`);
    let hasRoom = false;
    void log.whenRoom().then(() => {
      hasRoom = true;
    });
    for (;;) {
      try {
        log.append([event(data)]);
        appended++;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'event_log_full');
        break;
      }
    }
    assert.ok(log.stats().backlogBytes < 10_300);
    await settle();
    assert.equal(hasRoom, false);
    store.onWrite = () => undefined;
    await clock.advanceAndSettle(5_000);
    assert.deepEqual([hasRoom, log.head, log.isPressed], [true, appended, false]);
  });

  it('gives up the oldest events when the store is full, rather than take no new ones', async () => {
    const store = new UnreliableStore(100_000);
    const under = await openLog(store, { retentionBytes: 2 ** 30 });
    for (let i = 0; i < 300; i++) {
      under.log.append([event(Buffer.alloc(1_000))]);
      await under.clock.advanceAndSettle(100);
    }
    await under.clock.advanceAndSettle(10_000, 5);
    assert.equal(under.log.head, 300);
    assert.ok(under.log.earliest > 150 && under.log.earliest < 290, `earliest ${under.log.earliest}`);
    const kept = await under.log.read(under.log.earliest, noLimits);
    assert.equal(kept.at(-1)!.offset, 300);
    const again = await openLog(store);
    assert.deepEqual([again.log.epoch, again.log.earliest], [under.log.epoch, under.log.earliest]);
  });

  it('begins a new epoch and says why, when there is no state or it is damaged', async () => {
    const store = new DamagedStore();
    const first = await openLog(store);
    assert.deepEqual(first.log.reset, { reason: 'new' });
    assert.match(first.log.epoch, /^[0-9a-z]{12}$/);
    await appendEach(first, 3);
    store.damaged.add('meta');
    const second = await openLog(store);
    assert.deepEqual(second.log.reset, { reason: 'state_damaged' });
    assert.notEqual(second.log.epoch, first.log.epoch);
    store.damaged.clear();
    await store.write([{ key: stateKey, value: Buffer.from('{"version":1,"epoch":"x"}') }]);
    const third = await openLog(store);
    assert.deepEqual(third.log.reset, { reason: 'state_damaged' });
  });

  for (const [what, harm] of [
    [
      'is gone',
      (store: DamagedStore, key: string) =>
        store.removeRange(Buffer.from(key, 'latin1'), Buffer.from(`${key}\0`, 'latin1'), 1),
    ],
    ['is damaged', (store: DamagedStore, key: string) => store.damaged.add(key)],
    [
      'is not a chunk',
      (store: DamagedStore, key: string) =>
        store.write([{ key: Buffer.from(key, 'latin1'), value: Buffer.from('garbage') }]),
    ],
  ] as const) {
    it(`begins a new epoch when the last chunk ${what}, and removes the old history`, async () => {
      const store = new DamagedStore();
      const first = await openLog(store);
      await appendEach(first, 300);
      first.log.saveState('note', Buffer.from('of before'));
      await first.log.close();
      await harm(store, chunkKey(first, 300));
      const second = await openLog(store);
      assert.deepEqual(second.log.reset, { reason: 'history_incomplete', previousEpoch: first.log.epoch });
      assert.equal(second.log.append([event()]), 1);
      assert.equal(second.log.state('note'), undefined);
      await settle(20);
      const [from, to] = [
        new LogKeys(first.log.epoch).prefix,
        Buffer.concat([new LogKeys(first.log.epoch).prefix, Buffer.of(255)]),
      ];
      assert.equal((await store.keys(from, to, 10)).length, 0);
      assert.equal((await second.log.read(1, noLimits)).length, 1);
    });
  }

  it('goes on behind what is missing at the beginning', async () => {
    const store = new DamagedStore();
    const first = await openLog(store);
    await appendEach(first, 10);
    await first.log.close();
    const keys = new LogKeys(first.log.epoch);
    await store.removeRange(keys.chunk(1), keys.chunk(4), 10);
    const second = await openLog(store, { memoryBytes: 1 });
    assert.deepEqual([second.log.epoch, second.log.earliest], [first.log.epoch, 4]);
    await assert.rejects(second.log.read(3, noLimits), { code: 'events_expired' });
    assert.equal((await second.log.read(4, noLimits)).length, 7);
    await appendEach(second, 1);
    assert.deepEqual(second.offsets, [11]);
    assert.equal(second.log.earliest, 4);
  });

  it('gives up what is older than a damaged chunk, so that readers can go on behind it', async () => {
    const store = new DamagedStore();
    const first = await openLog(store, { memoryBytes: 1 });
    const { log } = first;
    await appendEach(first, 20);
    store.damaged.add(chunkKey(first, 8));
    assert.equal((await log.read(9, noLimits)).length, 12);
    await assert.rejects(log.read(8, noLimits), { code: 'events_expired' });
    assert.equal(log.earliest, 9);
    assert.equal((await log.read(9, noLimits)).length, 12);
    assert.ok(log.bytes > 0);
    await log.close();
    const second = await openLog(store);
    assert.deepEqual([second.log.epoch, second.log.earliest], [log.epoch, 9]);
  });

  it('goes on in the same epoch when somebody removed its records under it', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store, { memoryBytes: 1 });
    under.log.saveState('note', Buffer.from('kept'));
    await appendEach(under, 5);
    await store.removeRange(Buffer.alloc(0), Buffer.of(0xff), 1_000);
    under.log.append([event('6')]);
    await settle();
    under.log.append([event('7')]);
    await under.clock.advanceAndSettle(5_000, 4);
    assert.deepEqual(under.offsets, upTo(7));
    assert.equal(under.log.earliest, 6);
    await assert.rejects(under.log.read(5, noLimits), { code: 'events_expired' });
    assert.equal((await under.log.read(6, noLimits)).length, 2);
    await under.log.close();
    const again = await openLog(store);
    assert.deepEqual([again.log.epoch, again.log.head], [under.log.epoch, 7]);
    assert.equal(again.log.state('note')?.toString(), 'kept');
  });

  it('never goes back in time', async () => {
    const under = await openLog();
    await appendEach(under, 1);
    under.clock.jumpWall(-60_000);
    await appendEach(under, 1);
    assert.equal(under.told[1]!.time, under.told[0]!.time);
  });

  it('opens as soon as the store answers', async () => {
    const store = new UnreliableStore();
    store.onWrite = () => 'storage_unavailable';
    const under = new LogUnderTest(store);
    let isOpen = false;
    void under.log.open().then(() => {
      isOpen = true;
    });
    assert.throws(() => under.log.append([event()]), { code: 'feed_unavailable' });
    await under.clock.advanceAndSettle(10_000, 10);
    assert.equal(isOpen, false);
    store.onWrite = () => undefined;
    await under.clock.advanceAndSettle(2_000);
    assert.equal(isOpen, true);
  });

  it('closes with everything committed, or gives up after a while', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store);
    under.log.append([event()]);
    await under.log.close();
    assert.deepEqual(under.offsets, [1]);
    assert.throws(() => under.log.append([event()]), { code: 'feed_unavailable' });
    const stuck = await openLog(new UnreliableStore());
    const failing = new UnreliableStore();
    const other = await openLog(failing);
    failing.onWrite = () => 'disk_full';
    other.log.append([event()]);
    const closing = other.log.close();
    await other.clock.advanceAndSettle(2_000, 2);
    await closing;
    failing.onWrite = () => undefined;
    await other.clock.advanceAndSettle(10_000, 2);
    assert.deepEqual(other.offsets, []);
    await stuck.log.close();
  });

  it('tells its other listeners when one of them fails', async () => {
    const log = new EventLog(usualOptions, {
      store: new UnreliableStore(),
      clock: new ManualClock(),
      log: silentLog,
      metrics: silentMetrics,
    });
    await log.open();
    const told: number[] = [];
    log.onCommitted(() => {
      throw new Error('broken');
    });
    const stop = log.onCommitted(events => told.push(...events.map(({ offset }) => offset)));
    await log.whenCommitted(log.append([event()]));
    stop();
    await log.whenCommitted(log.append([event()]));
    assert.deepEqual(told, [1]);
  });
});
