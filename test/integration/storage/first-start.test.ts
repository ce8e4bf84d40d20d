import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { explainFailure } from '../../../src/cli/explain-failure.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';

function storageOf(t: TestContext): RunningStorage {
  const storage = new RunningStorage();
  t.after(async () => {
    await storage.stop();
    await storage.remove();
  });
  return storage;
}

describe('the first start of the storage runtime', () => {
  it('fails over a database that is none, and says so', async t => {
    const storage = storageOf(t);
    mkdirSync(join(storage.directory, 'kv'));
    writeFileSync(join(storage.directory, 'kv', 'data.mdb'), Buffer.alloc(65_536, 'garbage'));
    const error = await storage.start().catch(explainFailure);
    assert.match(String(error), /^The store in .*kv is damaged and was not opened/);
    assert.equal(storage.rootStarts, 1);
    assert.deepEqual(storage.runtime.snapshot().threads, []);
  });

  it('fails over a directory that cannot be made', async t => {
    const storage = storageOf(t);
    writeFileSync(join(storage.directory, 'kv'), 'a file where the directory should be');
    const error = await storage.start().catch(explainFailure);
    assert.match(String(error), /kv/);
    assert.equal(storage.rootStarts, 1);
  });
});
