import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';

describe('the readers', () => {
  it('become more under load and fewer after it, and no read fails over that', async t => {
    const storage = new RunningStorage({
      readers: { max: 2, scaleUpAt: 40, scaleDownAt: 10, intervalMs: 50, cooldownMs: 100 },
    });
    t.after(async () => {
      await storage.stop();
      await storage.remove();
    });
    await storage.start();
    const readers = () => storage.runtime.snapshot().readers;
    await storage.command('set', 'key', 'value');
    assert.equal(readers(), 0);

    let isOver = false;
    const wrong: string[] = [];
    const load = Array.from({ length: 400 }, async () => {
      while (!isOver) {
        const reply = await storage.command('get', 'key').catch(String);
        if (reply !== '$5\r\nvalue\r\n') wrong.push(reply);
      }
    });
    await eventually(() => readers() === 2, 'two readers', 20_000);
    const servedBy = (name: string) =>
      storage.runtime.snapshot().threads.find(thread => thread.name === name)?.report?.commands ?? 0;
    await eventually(() => servedBy('reader-1') > 0 && servedBy('reader-2') > 0, 'both serve');
    isOver = true;
    await Promise.all(load);
    await eventually(
      () => readers() === 0 && storage.runtime.snapshot().threads.length === 1,
      'none',
      20_000,
    );

    assert.deepEqual(wrong, []);
    assert.equal(await storage.command('get', 'key'), '$5\r\nvalue\r\n');
    const metrics = await storage.metrics.expose();
    assert.match(metrics, /trunkline_storage_reader_scalings_total\{direction="up"\} [2-9]/);
    assert.match(metrics, /trunkline_storage_reader_scalings_total\{direction="down"\} [2-9]/);
    assert.match(metrics, /trunkline_storage_reader_crashes_total 0/);
  });

  it('are not started by writes, which they could not take', async t => {
    const storage = new RunningStorage({
      readers: { max: 2, scaleUpAt: 40, scaleDownAt: 10, intervalMs: 50, cooldownMs: 100 },
    });
    t.after(async () => {
      await storage.stop();
      await storage.remove();
    });
    await storage.start();
    const writes = storage.writing('w', 400);
    const samples = async () =>
      /trunkline_storage_thread_commands_total\{thread="writer"\} [1-9]/.test(await storage.metrics.expose());
    await eventually(samples, 'a second of writes');
    await writes.end();
    assert.match(
      await storage.metrics.expose(),
      /trunkline_storage_reader_scalings_total\{direction="up"\} 0/,
    );
  });
});
