import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFile } from '../../../../src/storage/database/file-check.ts';
import { pinSnapshot } from '../../../../src/storage/database/pin-snapshot.ts';
import { copySnapshot, withSnapshot } from '../../../../src/storage/database/snapshot.ts';
import { storeFiles } from '../../../../src/storage/database/store-files.ts';
import { churn, contentOf, openStore, seededRandom, temporaryDirectory } from './store-fixture.ts';

const entry = join(import.meta.dirname, '../../../../src/storage/database/snapshot-process.ts');

test('a copy that is made while the store is written holds the state of one moment', async t => {
  const directory = temporaryDirectory(t);
  const store = openStore(join(directory, 'kv'));
  t.after(() => store.close());
  const random = seededRandom(31);
  churn(store, random, 50);
  const copy = join(directory, 'copy');
  mkdirSync(copy);
  const writing = setInterval(() => churn(store, random, 1, 300), 1);
  await copySnapshot(join(directory, 'kv'), copy);
  clearInterval(writing);
  assert.deepEqual(checkFile(storeFiles(copy).data, { depth: 'full' }).problems, []);
  assert.ok((await contentOf(copy)).size > 500);
});

test('the pages of a held snapshot stay, and are written anew once it is released', async t => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory);
  t.after(() => store.close());
  const random = seededRandom(32);
  churn(store, random, 50, 300);
  const growth = () => {
    const before = statSync(storeFiles(directory).data).size;
    churn(store, random, 100, 300);
    return statSync(storeFiles(directory).data).size - before;
  };
  growth();
  const held = await withSnapshot(directory, growth);
  const after = growth();
  assert.ok(held > 4 * 2 ** 20, `${held} bytes while it was held`);
  assert.ok(after < held / 4, `${after} bytes behind it`);
});

test('a process that was killed while it held a snapshot keeps no pages', async t => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory);
  t.after(() => store.close());
  const random = seededRandom(33);
  churn(store, random, 50, 300);
  const child = fork(entry, [JSON.stringify({ directory })]);
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  pinSnapshot(store.environment.root).release();
  churn(store, random, 100, 300);
  const before = statSync(storeFiles(directory).data).size;
  churn(store, random, 100, 300);
  assert.ok(statSync(storeFiles(directory).data).size - before < 2 ** 20);
});

test('a store that is not there cannot be copied', async t => {
  const directory = temporaryDirectory(t);
  await assert.rejects(copySnapshot(join(directory, 'none'), directory), { code: 'storage_directory' });
});
