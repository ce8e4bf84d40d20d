import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunningStorage } from '../../support/storage-runtime.ts';

for (const durability of ['memory', 'commit', 'fsync'] as const)
  describe(`the stop of the storage runtime, durability ${durability}`, () => {
    it('under writes answers what it accepted and loses nothing of it', async t => {
      const first = new RunningStorage({ durability, readers: { min: 1, max: 1 } });
      t.after(() => first.remove());
      await first.start();
      const writes = first.writing('w', 200);
      for (let i = 0; i < 20; i++) await first.command('set', `milestone-${i}`, 'x');
      // The writes go on until they are refused.
      await first.stop();
      const { acknowledged, failures } = await writes.end();
      assert.equal(failures.length, 200);
      assert.ok(acknowledged.size > 200);
      assert.ok(
        failures.every(code => code === 'storage_stopped'),
        String(new Set(failures)),
      );
      assert.deepEqual(
        first.logged.filter(({ level }) => level === 'error' || level === 'warn'),
        [],
      );

      const second = new RunningStorage({ directory: first.directory });
      t.after(() => second.stop());
      await second.start();
      assert.deepEqual(await second.missing(acknowledged), []);
    });
  });
