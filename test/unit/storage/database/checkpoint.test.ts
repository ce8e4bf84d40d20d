import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkpointer } from '../../../../src/storage/database/checkpoint.ts';
import { checkFile } from '../../../../src/storage/database/file-check.ts';
import { pinSnapshot } from '../../../../src/storage/database/pin-snapshot.ts';
import { recover } from '../../../../src/storage/database/recover.ts';
import { storeFiles } from '../../../../src/storage/database/store-files.ts';
import type { StorageError } from '../../../../src/storage/errors.ts';
import type { Store } from '../../../../src/storage/worker/store.ts';
import { eventually } from '../../../support/eventually.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { churn, contentOf, openStore, seededRandom, temporaryDirectory } from './store-fixture.ts';

const bootId = '11111111-aaaa';
const otherBootId = '22222222-bbbb';
const pageBytes = 4096;

interface Opened {
  readonly store: Store;
  readonly checkpointer: Checkpointer;
  readonly clock: ManualClock;
  readonly errors: StorageError[];
  write(transactions: number): number;
}

function openWithCheckpoints(directory: string, seed: number, onPin: () => void = () => {}): Opened {
  mkdirSync(directory, { recursive: true });
  recover(directory, { bootId });
  const store = openStore(directory);
  const clock = new ManualClock();
  const errors: StorageError[] = [];
  const pin = () => {
    onPin();
    return pinSnapshot(store.environment.root);
  };
  const checkpointer = new Checkpointer(
    { directory, intervalMs: 1000 },
    { pin, clock, bootId, onError: error => errors.push(error) },
  );
  const random = seededRandom(seed);
  const write = (transactions: number) => {
    let commit = 0;
    for (let i = 0; i < transactions; i++) {
      churn(store, random, 1, 600);
      commit = checkpointer.committed();
    }
    return commit;
  };
  return { store, checkpointer, clock, errors, write };
}

function durable(checkpointer: Checkpointer, commit: number): Promise<void> {
  return new Promise((resolve, reject) =>
    checkpointer.whenDurable(commit, error => (error === undefined ? resolve() : reject(error))),
  );
}

/** The file as a power failure may leave it: each page as it was flushed, or as it was written since. */
function mixed(flushed: Buffer, written: Buffer, random: (n: number) => number): Buffer {
  const result = Buffer.from(written.subarray(0, random(2) === 0 ? written.length : flushed.length));
  const share = random(11);
  for (let at = 0; at < Math.min(result.length, flushed.length); at += pageBytes) {
    if (random(10) < share) flushed.copy(result, at, at, at + pageBytes);
  }
  return result;
}

test('after a power failure the store holds exactly what its last checkpoint held, whichever pages were written', async t => {
  const directory = temporaryDirectory(t);
  const live = join(directory, 'live');
  const crashed = join(directory, 'crashed');
  const files = storeFiles(live);
  const random = seededRandom(7);
  const opened = openWithCheckpoints(live, 1);
  t.after(() => opened.store.close());
  for (let round = 0; round < 6; round++) {
    await durable(opened.checkpointer, opened.write(30));
    const flushed = readFileSync(files.data);
    copyTo(live, crashed, flushed);
    recover(crashed, { bootId });
    const expected = await contentOf(crashed);
    // Many more commits than it takes until freed pages are written anew.
    opened.write(40);
    for (let attempt = 0; attempt < 3; attempt++) {
      copyTo(live, crashed, mixed(flushed, readFileSync(files.data), random));
      const outcome = recover(crashed, { bootId: otherBootId });
      assert.equal(outcome.kind, 'system_ended');
      assert.deepEqual(checkFile(storeFiles(crashed).data, { depth: 'full' }).problems, []);
      assert.deepEqual(await contentOf(crashed), expected);
    }
  }
  assert.deepEqual(opened.errors, []);
});

test('a power failure during a checkpoint falls back on the one before', async t => {
  const directory = temporaryDirectory(t);
  const live = join(directory, 'live');
  const crashed = join(directory, 'crashed');
  const files = storeFiles(live);
  const opened = openWithCheckpoints(live, 2);
  t.after(() => opened.store.close());
  await durable(opened.checkpointer, opened.write(60));
  const flushed = readFileSync(files.data);
  const record = readFileSync(files.checkpoint);
  copyTo(live, crashed, flushed);
  const expected = await contentOf(crashed);
  const next = durable(opened.checkpointer, opened.write(60));
  // The flush runs in another thread meanwhile.
  opened.write(60);
  const written = readFileSync(files.data);
  await next;
  const half = readFileSync(files.checkpoint);
  for (const at of [0, 4096])
    if (!half.subarray(at, at + 512).equals(record.subarray(at, at + 512))) half[at + 100]! ^= 1;
  for (const checkpoint of [record, half]) {
    const random = seededRandom(3);
    for (let attempt = 0; attempt < 4; attempt++) {
      copyTo(live, crashed, mixed(flushed, written, random));
      writeFileSync(storeFiles(crashed).checkpoint, checkpoint);
      assert.equal(recover(crashed, { bootId: otherBootId }).kind, 'system_ended');
      assert.deepEqual(await contentOf(crashed), expected);
    }
  }
});

test('writes during the flush do not spoil the state that the checkpoint names', async t => {
  const directory = temporaryDirectory(t);
  const live = join(directory, 'live');
  const crashed = join(directory, 'crashed');
  let atPin = Buffer.alloc(0);
  const opened = openWithCheckpoints(live, 4, () => {
    atPin = readFileSync(storeFiles(live).data);
  });
  t.after(() => opened.store.close());
  const done = durable(opened.checkpointer, opened.write(50));
  const flushed = atPin;
  opened.write(80);
  await done;
  opened.write(80);
  copyTo(live, crashed, flushed);
  const expected = await contentOf(crashed);
  for (let attempt = 0; attempt < 4; attempt++) {
    copyTo(live, crashed, mixed(flushed, readFileSync(storeFiles(live).data), seededRandom(attempt)));
    assert.equal(recover(crashed, { bootId: otherBootId }).kind, 'system_ended');
    assert.deepEqual(await contentOf(crashed), expected);
  }
});

test('a process that ended without closing loses nothing while the system goes on', async t => {
  const directory = temporaryDirectory(t);
  const live = join(directory, 'live');
  const crashed = join(directory, 'crashed');
  const opened = openWithCheckpoints(live, 5);
  t.after(() => opened.store.close());
  await durable(opened.checkpointer, opened.write(20));
  opened.write(30);
  copyTo(live, crashed, readFileSync(storeFiles(live).data));
  const expected = await contentOf(crashed);
  copyTo(live, crashed, readFileSync(storeFiles(live).data));
  assert.deepEqual(recover(crashed, { bootId }), { kind: 'process_ended' });
  assert.deepEqual(await contentOf(crashed), expected);
});

test('a start that follows a killed process is covered by a checkpoint before it writes', async t => {
  const directory = temporaryDirectory(t);
  const live = join(directory, 'live');
  const second = join(directory, 'second');
  const crashed = join(directory, 'crashed');
  const opened = openWithCheckpoints(live, 6);
  t.after(() => opened.store.close());
  opened.write(60);
  copyTo(live, second, readFileSync(storeFiles(live).data));
  const again = openWithCheckpoints(second, 16);
  const flushed = readFileSync(storeFiles(second).data);
  copyTo(second, crashed, flushed);
  const expected = await contentOf(crashed);
  again.write(60);
  copyTo(second, crashed, mixed(flushed, readFileSync(storeFiles(second).data), seededRandom(1)));
  await again.store.close();
  assert.equal(recover(crashed, { bootId: otherBootId }).kind, 'system_ended');
  assert.deepEqual(await contentOf(crashed), expected);
});

test('a store that was closed in order is taken as it is after a restart of the system', async t => {
  const directory = temporaryDirectory(t);
  const { store, checkpointer, write } = openWithCheckpoints(directory, 8);
  write(40);
  await checkpointer.close();
  await store.close();
  const expected = await contentOf(directory);
  assert.deepEqual(recover(directory, { bootId: otherBootId }), { kind: 'clean' });
  assert.deepEqual(await contentOf(directory), expected);
  assert.deepEqual(
    recover(directory, { bootId: otherBootId }),
    { kind: 'process_ended' },
    'the mark holds once',
  );
});

test('a power failure before the first checkpoint leaves a new store', t => {
  const directory = temporaryDirectory(t);
  assert.deepEqual(recover(directory, { bootId }), { kind: 'new' });
  writeFileSync(storeFiles(directory).data, Buffer.alloc(8192, 1));
  assert.deepEqual(recover(directory, { bootId: otherBootId }), { kind: 'new' });
  assert.equal(readFileSync(storeFiles(directory).data).length, 0);
});

test('a database that is gone is not replaced by an empty one', async t => {
  const directory = temporaryDirectory(t);
  const { store, checkpointer, write } = openWithCheckpoints(directory, 9);
  write(5);
  await checkpointer.close();
  await store.close();
  rmSync(storeFiles(directory).data);
  assert.throws(() => recover(directory, { bootId }), { code: 'corrupt_database' });
});

test('the checkpoint of another database is not forced upon a file', async t => {
  const directory = temporaryDirectory(t);
  for (const [name, seed] of [
    ['a', 10],
    ['b', 11],
  ] as const) {
    const { store, checkpointer, write } = openWithCheckpoints(join(directory, name), seed);
    await durable(checkpointer, write(name === 'a' ? 100 : 7));
    await store.close();
  }
  copyFileSync(storeFiles(join(directory, 'b')).data, storeFiles(join(directory, 'a')).data);
  const before = readFileSync(storeFiles(join(directory, 'a')).data);
  assert.throws(() => recover(join(directory, 'a'), { bootId: otherBootId }), { code: 'corrupt_database' });
  assert.ok(readFileSync(storeFiles(join(directory, 'a')).data).equals(before));
});

test('where the system has no boot id, a store that was not closed is taken as it is', async t => {
  const directory = temporaryDirectory(t);
  const { store, checkpointer, write } = openWithCheckpoints(directory, 12);
  await durable(checkpointer, write(5));
  await store.close();
  assert.deepEqual(recover(directory, { bootId: undefined }), { kind: 'unknown' });
});

test('commits that wait together share a checkpoint; without a wait one is made each interval', async t => {
  const directory = temporaryDirectory(t);
  const { store, checkpointer, clock, write } = openWithCheckpoints(directory, 13);
  t.after(() => store.close());
  const first = write(1);
  clock.advance(999);
  assert.equal(checkpointer.checkpoints, 0);
  clock.advance(1);
  await durable(checkpointer, first);
  assert.equal(checkpointer.checkpoints, 1);
  await new Promise(setImmediate);
  const waits = [
    durable(checkpointer, write(1)),
    durable(checkpointer, write(1)),
    durable(checkpointer, write(1)),
  ];
  await Promise.all(waits);
  assert.equal(checkpointer.checkpoints, 3, 'the first had begun already, the others share the next');
  await checkpointer.close();
});

test('a checkpoint that could not be made is told to whom it concerns, and made again', async t => {
  const directory = temporaryDirectory(t);
  let isFailing = false;
  const { store, checkpointer, clock, errors, write } = openWithCheckpoints(directory, 15, () => {
    if (isFailing) throw new Error('no reader slot');
  });
  t.after(() => store.close());
  isFailing = true;
  await assert.rejects(durable(checkpointer, write(1)), { code: 'write_failed', message: /no reader slot/ });
  assert.equal(errors.length, 1);
  isFailing = false;
  await new Promise(setImmediate);
  clock.advance(1000);
  await eventually(
    () => checkpointer.checkpoints === 1,
    'the commit is covered without anybody asking again',
  );
  await durable(checkpointer, write(1));
});

test('writes that do not pause let the file grow no further: a checkpoint is made before its time', async t => {
  const directory = temporaryDirectory(t);
  const { store, checkpointer, write } = openWithCheckpoints(directory, 14);
  t.after(() => store.close());
  const fileBytes = () => statSync(storeFiles(directory).data).size;
  for (let i = 0; i < 40; i++) {
    await durable(checkpointer, write(1));
  }
  const before = checkpointer.checkpoints;
  const start = fileBytes();
  let written = 0;
  while (written < 300) {
    written++;
    write(1);
    await new Promise(setImmediate);
  }
  await eventually(() => checkpointer.checkpoints > before, 'a checkpoint without its time having come');
  assert.ok(fileBytes() - start < 2 ** 26, `it grew by ${fileBytes() - start} bytes`);
});

function copyTo(from: string, to: string, data: Buffer): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to);
  writeFileSync(storeFiles(to).data, data);
  copyFileSync(storeFiles(from).checkpoint, storeFiles(to).checkpoint);
}
