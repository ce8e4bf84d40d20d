import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EventStoreKind, eventStores } from '../../support/event-stores.ts';
import { event, noLimits, openLog } from '../../unit/feed/log/log-setup.ts';

/** Without events in memory but the newest. */
const onDisk = { memoryBytes: 1 };

for (const [name, begin] of Object.entries(eventStores)) {
  describe(`EventLog over ${name}`, () => {
    let subject: EventStoreKind;
    before(async () => {
      subject = await begin();
    });
    after(() => subject.end());

    it('tells events in order, each once, and reads back the same', async () => {
      const under = await openLog(await subject.make(), onDisk);
      const { log, told } = under;
      for (let batch = 0; batch < 30; batch++) {
        log.append(
          Array.from({ length: 1 + (batch % 7) }, (_, i) => event(`"${batch}.${i}"`, `devnet.t${i}`)),
        );
        if (batch % 3 === 0) await log.whenCommitted(log.nextOffset - 1);
      }
      await log.whenCommitted(log.nextOffset - 1);
      assert.deepEqual(
        under.offsets,
        Array.from({ length: log.head }, (_, i) => i + 1),
      );
      assert.deepEqual(await log.read(1, noLimits), told);
      assert.deepEqual(await log.read(40, { maxEvents: 5, maxBytes: 10_000 }), told.slice(39, 44));
      assert.deepEqual(await log.read(log.head + 1, noLimits), []);
      for (let offset = 1; offset <= log.head; offset++) {
        const [first] = await log.read(offset, { maxEvents: 10, maxBytes: 1 });
        assert.deepEqual(first, told[offset - 1]);
      }
      await log.close();
    });

    it('goes on where it ended', async () => {
      const store = await subject.make();
      const first = await openLog(store);
      first.log.append([event('1'), event('2')]);
      first.log.saveState('note', Buffer.from('kept'));
      await first.log.close();
      const second = await openLog(store);
      assert.equal(second.log.epoch, first.log.epoch);
      assert.equal(second.log.reset, undefined);
      assert.equal(second.log.head, 2);
      assert.equal(second.log.nextOffset, 3);
      assert.equal(second.log.state('note')?.toString(), 'kept');
      assert.equal(second.log.bytes, first.log.bytes);
      assert.equal(second.log.append([event('3')]), 3);
      await second.log.whenCommitted(3);
      const all = await second.log.read(1, noLimits);
      assert.deepEqual(
        all.map(({ data }) => data.toString()),
        ['1', '2', '3'],
      );
      await second.log.close();
    });

    it('splits large batches, and finds every event in them', async () => {
      const { log, told } = await openLog(await subject.make(), { ...onDisk, maxBacklogBytes: 2 ** 24 });
      const data = Buffer.alloc(50_000, 0x31);
      log.append(Array.from({ length: 40 }, () => event(data)));
      log.append([event(Buffer.alloc(600_000, 0x32))]);
      log.append([event('last')]);
      await log.whenCommitted(42);
      for (let offset = 1; offset <= 42; offset++) {
        const events = await log.read(offset, { maxEvents: 3, maxBytes: 120_000 });
        assert.deepEqual(events, told.slice(offset - 1, offset - 1 + events.length));
        assert.equal(events[0]?.offset, offset);
      }
      await log.close();
    });

    it('finds offsets by time', async () => {
      const under = await openLog(await subject.make(), onDisk);
      const { log, clock, told } = under;
      for (let i = 0; i < 50; i++) {
        log.append([event(String(i)), event(String(i))]);
        if (i % 4 === 0) await log.whenCommitted(log.nextOffset - 1);
        clock.advance(i % 3 === 0 ? 0 : 100);
      }
      await log.whenCommitted(100);
      const start = told[0]!.time;
      for (let time = start - 50; time <= told.at(-1)!.time; time += 50) {
        const wanted = told.find(one => one.time >= time)!.offset;
        assert.equal(await log.offsetAtTime(time), wanted, `time ${time - start}`);
      }
      assert.equal(await log.offsetAtTime(told.at(-1)!.time + 1), 101);
      await log.close();
    });

    it('lets go of what is too old or too much, and says so to those who ask for it', async () => {
      const under = await openLog(await subject.make(), {
        ...onDisk,
        retentionMs: 10_000,
        retentionBytes: 50_000,
      });
      const { log, clock } = under;
      for (let i = 0; i < 20; i++) {
        log.append([event(Buffer.alloc(1_000, 0x30))]);
        await log.whenCommitted(i + 1);
        clock.advance(1_000);
      }
      await log.trim();
      assert.equal(log.earliest, 11);
      await assert.rejects(log.read(10, noLimits), { code: 'events_expired' });
      assert.equal((await log.read(11, noLimits)).length, 10);
      for (let i = 0; i < 100; i++) {
        log.append([event(Buffer.alloc(1_000, 0x30))]);
        await log.whenCommitted(21 + i);
      }
      await log.trim();
      assert.ok(log.bytes <= 50_000 && log.bytes > 40_000, `bytes ${log.bytes}`);
      assert.equal((await log.read(log.earliest, noLimits)).length, log.head + 1 - log.earliest);
      clock.advance(20_000);
      await log.trim();
      assert.deepEqual([log.earliest, log.bytes], [121, 0]);
      await log.close();
    });
  });
}
