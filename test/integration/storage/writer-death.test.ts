import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writerName } from '../../../src/storage/runtime/writer-process.ts';
import { eventually } from '../../support/eventually.ts';
import { RunningStorage, type RuntimeSetUp } from '../../support/storage-runtime.ts';

const dyingThread = new URL('../../fixtures/storage/dying-thread.ts', import.meta.url);
const stuckWriter = fileURLToPath(new URL('../../fixtures/storage/stuck-writer.ts', import.meta.url));

async function started(t: TestContext, setUp: RuntimeSetUp = {}): Promise<RunningStorage> {
  const storage = new RunningStorage({ entry: dyingThread, ...setUp });
  t.after(async () => {
    await storage.stop();
    await storage.remove();
  });
  await storage.start();
  return storage;
}

const codeOf = (error: { code?: string }) => error.code;

describe('the death of the storage thread', () => {
  it('in the middle of a transaction undoes it, and loses no acknowledged write', async t => {
    const storage = await started(t);
    const writes = storage.writing('w', 100);
    for (let deaths = 1; deaths <= 2; deaths++) {
      await storage.command('set', `milestone-${deaths}`, 'x');
      assert.equal(await storage.command('incr', 'die:throw').catch(codeOf), 'storage_outcome_unknown');
      await eventually(() => storage.runtime.snapshot().writer.restarts === deaths, 'a new thread');
    }
    await storage.command('set', 'after', 'x');
    const { acknowledged, failures } = await writes.end();
    assert.ok(acknowledged.size > 100);
    assert.deepEqual(await storage.missing(acknowledged), []);
    // SET does no harm when it runs twice: it waits for the next thread.
    assert.deepEqual(failures, []);
    assert.equal(await storage.command('get', 'die:throw'), '_\r\n');
    assert.equal(storage.rootStarts, 1);
  });

  it('is survived by readers, which are started anew with it', async t => {
    const storage = await started(t, { readers: { min: 2, max: 2 } });
    const readersStarted = () =>
      storage.logged.filter(({ message }) => message === 'a storage reader is ready').length;
    await eventually(() => readersStarted() === 2, 'the readers');
    await storage.command('set', 'a', '1');
    await storage.command('incr', 'die:throw').catch(codeOf);
    assert.equal(await storage.command('get', 'a'), '$1\r\n1\r\n');
    await eventually(() => readersStarted() === 4, 'the next readers');
    assert.equal(storage.runtime.snapshot().threads.length, 3);
  });

  it('that a read causes again and again gives the read up after its attempts, and goes on', async t => {
    const storage = await started(t);
    await storage.command('set', 'a', '1');
    assert.equal(await storage.command('get', 'die:read').catch(codeOf), 'storage_unavailable');
    assert.equal(await storage.command('get', 'a'), '$1\r\n1\r\n');
    assert.equal(storage.runtime.snapshot().writer.restarts, 3);
    assert.equal(storage.rootStarts, 1);
  });

  it('of its process alone lets it close its files before the next one opens them', async t => {
    const storage = await started(t);
    let mostWriters = 0;
    const watch = setInterval(() => {
      const writers = storage.runtime.snapshot().threads.filter(({ name }) => name === 'writer');
      mostWriters = Math.max(mostWriters, writers.length);
    }, 1);
    t.after(() => clearInterval(watch));
    const writes = storage.writing('w', 50);
    for (let kills = 1; kills <= 2; kills++) {
      await storage.command('set', `milestone-${kills}`, 'x');
      storage.system.exit(storage.system.registry.whereis(writerName)!, 'kill');
      await eventually(() => storage.runtime.snapshot().writer.restarts === kills, 'a new thread');
    }
    await storage.command('set', 'after', 'x');
    const { acknowledged, failures } = await writes.end();
    assert.deepEqual(await storage.missing(acknowledged), []);
    assert.deepEqual(failures, []);
    assert.equal(mostWriters, 1, 'there are never two writers');
  });

  it('without an end, locked in lmdb, is got over by new files and a process that does not wait for it', async () => {
    const { stdout, signal } = await new Promise<{ stdout: string; signal: string | null | undefined }>(
      resolve => {
        execFile(process.execPath, [stuckWriter], { timeout: 30_000 }, (error, out) =>
          resolve({ stdout: out, signal: error?.signal }),
        );
      },
    );
    assert.equal(signal, 'SIGKILL');
    const { acknowledged, ...rest } = JSON.parse(stdout);
    assert.ok(acknowledged > 100);
    assert.deepEqual(rest, {
      outcome: 'storage_outcome_unknown',
      missing: [],
      failures: [],
      half: '_\r\n',
      after: '$3\r\nyes\r\n',
      restarts: 1,
      rootStarts: 1,
    });
  });

  it('followed by starts that fail is waited out with growing pauses, and never reaches the root', async t => {
    const storage = await started(t);
    await storage.command('set', 'a', '1');
    writeFileSync(join(storage.directory, 'refuse'), '');
    await storage.command('incr', 'die:throw').catch(codeOf);
    const failures = () =>
      storage.logged.filter(({ message }) => message === 'the storage runtime did not start');
    await eventually(() => failures().length === 3, 'three starts that failed');
    assert.deepEqual(
      failures().map(({ fields }) => fields.againInMs),
      [1_000, 2_000, 4_000],
    );
    const { writer } = storage.runtime.snapshot();
    assert.deepEqual([writer.state, writer.lastFailure], ['waiting', 'refused for the test']);
    assert.equal(storage.rootStarts, 1);
    // A call that comes meanwhile waits for the next thread.
    const waiting = storage.command('get', 'a');
    rmSync(join(storage.directory, 'refuse'));
    assert.equal(await waiting, '$1\r\n1\r\n');
  });
});
