import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Clock } from '../../../src/clock/clock.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { writerName } from '../../../src/storage/runtime/writer-process.ts';
import { eventually } from '../../support/eventually.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';

const hourMs = 3_600_000;

describe('a jump of the wall clock', () => {
  for (const jumpMs of [hourMs, -hourMs])
    it(`by ${jumpMs / hourMs} h moves no expiry, time-out, breaker or restart of the storage`, async t => {
      let offsetMs = 0;
      const clock: Clock = {
        now: () => systemClock.now(),
        wallNow: () => systemClock.wallNow() + offsetMs,
        setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms),
        clearTimeout: handle => systemClock.clearTimeout(handle),
        setInterval: (callback, ms) => systemClock.setInterval(callback, ms),
        clearInterval: handle => systemClock.clearInterval(handle),
      };
      const entry = new URL('../../fixtures/storage/jumping-thread.ts', import.meta.url);
      const storage = new RunningStorage({ entry, clock, timeoutMs: 5_000 });
      t.after(async () => {
        await storage.stop();
        await storage.remove();
      });
      await storage.start();
      await storage.command('set', 'long', 'x', 'PX', '600000');
      await storage.command('set', 'short', 'x', 'PX', '1500');
      const writes = storage.writing('w', 20);

      // On both sides of the channel, in the middle of the traffic.
      offsetMs = jumpMs;
      writeFileSync(join(storage.directory, 'jump'), String(jumpMs));
      const left = Number((await storage.command('pttl', 'long')).slice(1));
      assert.ok(left > 590_000 && left <= 600_000, `${left} ms left`);
      assert.equal(await storage.command('get', 'short'), '$1\r\nx\r\n');
      await eventually(async () => (await storage.command('get', 'short')) === '_\r\n', 'the expiry');

      const { acknowledged, failures } = await writes.end();
      assert.ok(acknowledged.size > 0);
      assert.deepEqual(failures, []);
      assert.equal(storage.breaker.state, 'closed');
      assert.deepEqual(
        storage.logged.filter(({ level }) => level === 'warn' || level === 'error'),
        [],
      );
      const { writer, threads } = storage.runtime.snapshot();
      assert.deepEqual([writer.restarts, threads[0]!.silentMs < 1_000], [0, true]);

      // A thread that starts after the jump goes on with the time of the one before.
      storage.system.exit(storage.system.registry.whereis(writerName)!, 'kill');
      await eventually(() => storage.runtime.snapshot().writer.restarts === 1, 'a new thread');
      const leftThen = Number((await storage.command('pttl', 'long')).slice(1));
      assert.ok(leftThen > 580_000 && leftThen <= left, `${leftThen} ms left`);
    });
});
