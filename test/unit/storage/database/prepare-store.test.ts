import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { seal } from '../../../../src/storage/database/backup.ts';
import { writeCheckpointFile } from '../../../../src/storage/database/checkpoint-file.ts';
import { newestMetaPage, parseMetaPage } from '../../../../src/storage/database/meta-page.ts';
import { prepareStore } from '../../../../src/storage/database/prepare-store.ts';
import { storeFiles } from '../../../../src/storage/database/store-files.ts';
import { churn, contentOf, openStore, seededRandom, temporaryDirectory } from './store-fixture.ts';

const bootId = '33333333-cccc';

async function stored(directory: string): Promise<void> {
  const store = openStore(directory);
  churn(store, seededRandom(21), 60);
  await store.close();
  seal(directory);
}

/** Damages a record in the middle of many pages. */
function damage(path: string): Buffer {
  const bytes = readFileSync(path);
  for (let at = 8192 + 4000; at < bytes.length; at += 4096) bytes[at]! ^= 1;
  writeFileSync(path, bytes);
  return bytes;
}

test('a new store is neither checked nor missing anything', t => {
  assert.deepEqual(prepareStore(temporaryDirectory(t), 'full', { bootId }), { outcome: { kind: 'new' } });
});

test('a whole store is opened whatever is asked for, and its check is told', async t => {
  const directory = temporaryDirectory(t);
  await stored(directory);
  const { outcome, report } = prepareStore(directory, 'auto', { bootId });
  assert.equal(outcome.kind, 'clean');
  assert.ok(report?.ok && report.keys > 100, 'a small store is read in full');
  assert.equal(prepareStore(directory, 'quick', { bootId }).report?.keys, 0);
  assert.equal(prepareStore(directory, 'off', { bootId }).report, undefined);
});

test('a damaged store is refused with its first problems, and stays as it is', async t => {
  const directory = temporaryDirectory(t);
  await stored(directory);
  const files = storeFiles(directory);
  const bytes = damage(files.data);
  const mark = readFileSync(files.checkpoint);
  for (const depth of ['auto', 'full'] as const) {
    assert.throws(() => prepareStore(directory, depth, { bootId }), {
      code: 'corrupt_database',
      message: /is damaged and was not opened: page \d+: .*trunkline storage check/,
    });
  }
  assert.ok(readFileSync(files.data).equals(bytes));
  assert.ok(readFileSync(files.checkpoint).equals(mark));
});

test('behind a power failure the state of the checkpoint is checked, not what was written since', async t => {
  const directory = temporaryDirectory(t);
  await stored(directory);
  const files = storeFiles(directory);
  const expected = await contentOf(directory);
  const flushed = readFileSync(files.data);
  const meta = newestMetaPage([
    parseMetaPage(flushed.subarray(0, 168), 0),
    parseMetaPage(flushed.subarray(4096, 4096 + 168), 1),
  ])!;
  writeCheckpointFile(files.checkpoint, {
    sequence: 5,
    state: 'running',
    bootId: 'before',
    meta: meta.bytes,
  });
  // The meta page that a later transaction wrote is on the device, its pages are not.
  const slot = (meta.transaction + 1) % 2;
  meta.bytes.copy(flushed, slot * 4096);
  flushed.writeBigUInt64LE(BigInt(slot), slot * 4096);
  flushed.writeBigUInt64LE(BigInt(meta.transaction + 1), slot * 4096 + 152);
  flushed.writeBigUInt64LE(3n, slot * 4096 + 136);
  writeFileSync(files.data, flushed);
  const { outcome, report } = prepareStore(directory, 'full', { bootId });
  assert.deepEqual(outcome, { kind: 'system_ended', transactionsLost: 1 });
  assert.equal(report?.ok, true);
  assert.deepEqual(await contentOf(directory), expected);
});

test('a store without a mark is read in full, unless nothing is to be read', async t => {
  const directory = temporaryDirectory(t);
  await stored(directory);
  const files = storeFiles(directory);
  rmSync(files.checkpoint);
  const { outcome, report } = prepareStore(directory, 'auto', { bootId });
  assert.equal(outcome.kind, 'unknown');
  assert.ok(report !== undefined && report.keys > 100);
});
