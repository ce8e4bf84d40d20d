import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkFile } from '../../../../src/storage/database/file-check.ts';
import { churn, openStore, seededRandom } from './store-fixture.ts';

/** Damages that are tried; more of them with TRUNKLINE_DAMAGES. */
const damages = Number(process.env.TRUNKLINE_DAMAGES ?? 150);
/** Other damages to another store with TRUNKLINE_SEED. */
const seed = Number(process.env.TRUNKLINE_SEED ?? 1);

interface Contents {
  readonly before?: string;
  readonly after?: string;
  readonly failure?: string;
}

let directory: string;
let intact: Buffer;
let expected: Contents;
let probe: ChildProcess | undefined;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trunkline-check-'));
  const store = openStore(join(directory, 'kv'));
  churn(store, seededRandom(seed), 120);
  await store.close();
  intact = readFileSync(join(directory, 'kv', 'data.mdb'));
  expected = await contentsWith(intact);
  assert.equal(expected.failure, undefined);
});

after(() => {
  probe?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

test('an intact store passes, and all of it is counted', () => {
  const report = check(intact);
  assert.deepEqual(report.problems, []);
  assert.equal(report.ok, true);
  assert.ok(report.keys > 1000);
  assert.equal(report.pages, intact.length / 4096);
  assert.equal(report.lostPages, 0);
});

test('a compacted copy passes, and goes on passing while it is written', async () => {
  const compacted = join(directory, 'compacted');
  for (const transactions of [0, 1, 2, 60]) {
    rmSync(compacted, { recursive: true, force: true });
    rmSync(join(directory, 'source'), { recursive: true, force: true });
    mkdirSync(compacted);
    const random = seededRandom(seed + transactions);
    const source = openStore(join(directory, 'source'));
    churn(source, random, transactions);
    await source.environment.root.backup(compacted, true);
    await source.close();
    const path = join(compacted, 'data.mdb');
    assert.deepEqual(checkFile(path, { depth: 'full' }).problems, []);
    const store = openStore(compacted);
    for (let i = 0; i < 5; i++) {
      churn(store, random, 1);
      assert.deepEqual(checkFile(path, { depth: 'full' }).problems, []);
    }
    await store.close();
  }
});

test('a flipped bit is found, or does no harm to what lmdb reads and writes', async () => {
  const random = seededRandom(seed + 1);
  let found = 0;
  for (let round = 0; round < damages; round++) {
    // Half of them in the meta pages, in headers of pages and in their offsets, where damage is worst.
    const page = random(20) === 0 ? random(2) : random(intact.length / 4096);
    const at = page * 4096 + (random(2) === 0 ? random(page < 2 ? 168 : 80) : random(4096));
    const bit = random(8);
    const damaged = Buffer.from(intact);
    damaged[at]! ^= 1 << bit;
    if (!check(damaged).ok) found++;
    else await assertHarmless(damaged, `bit ${bit} of byte ${at % 4096} of page ${page}`);
  }
  assert.ok(found > damages / 4, `${found} of ${damages} were found`);
});

test('a cut tail is found, or does no harm', async () => {
  const random = seededRandom(seed + 2);
  for (let round = 0; round < damages / 5; round++) {
    const length = random(2) === 0 ? random(intact.length) : intact.length - random(20 * 4096);
    const cut = intact.subarray(0, length);
    if (check(cut).ok && length > 0) await assertHarmless(cut, `cut to ${length} bytes`);
  }
});

test('a page of zeros, of garbage or of another place is found, or does no harm', async () => {
  const random = seededRandom(seed + 3);
  for (let round = 0; round < damages / 3; round++) {
    const damaged = Buffer.from(intact);
    const page = random(intact.length / 4096);
    if (round % 3 === 0) damaged.fill(0, page * 4096, (page + 1) * 4096);
    else if (round % 3 === 1) {
      for (let at = page * 4096; at < (page + 1) * 4096; at++) damaged[at] = random(256);
    } else intact.copy(damaged, page * 4096, random(intact.length / 4096) * 4096, (page + 1) * 4096);
    if (check(damaged).ok) await assertHarmless(damaged, `page ${page}, way ${round % 3}`);
  }
});

test('garbage of any length is reported, never thrown', () => {
  const random = seededRandom(seed + 4);
  for (let round = 0; round < 100; round++) {
    const garbage = Buffer.from(Array.from({ length: 1 + random(50_000) }, () => random(256)));
    if (round % 2 === 0) intact.copy(garbage, 0, 0, Math.min(garbage.length, random(9000)));
    assert.equal(check(garbage).ok, false);
  }
});

test('no more problems are reported than asked for', () => {
  const damaged = Buffer.from(intact);
  for (let at = 8192 + 4000; at < damaged.length; at += 4096) damaged[at]! ^= 1;
  const path = written(damaged);
  assert.equal(checkFile(path, { depth: 'full', maxProblems: 3 }).problems.length, 3);
});

test('a quick check finds a cut tail, a damaged meta page and a missing root', () => {
  const path = written(intact.subarray(0, intact.length - 8 * 4096));
  assert.equal(checkFile(path, { depth: 'quick' }).ok, check(readFileSync(path)).ok);
  const damaged = Buffer.from(intact);
  damaged[152] = 0xff;
  assert.equal(checkFile(written(damaged), { depth: 'quick' }).ok, false);
  assert.equal(checkFile(written(intact), { depth: 'quick' }).ok, true);
});

function check(bytes: Buffer) {
  return checkFile(written(bytes), { depth: 'full' });
}

function written(bytes: Buffer): string {
  const path = join(directory, 'damaged.mdb');
  writeFileSync(path, bytes);
  return path;
}

async function assertHarmless(damaged: Buffer, what: string): Promise<void> {
  assert.deepEqual(await contentsWith(damaged), expected, `not found by the check, but harmful: ${what}`);
}

/** What lmdb makes of the file, in a process of its own. */
function contentsWith(data: Buffer): Promise<Contents> {
  const place = join(directory, 'probe');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  writeFileSync(join(place, 'data.mdb'), data);
  if (probe === undefined || probe.exitCode !== null || probe.signalCode !== null) {
    probe = fork(join(import.meta.dirname, 'damage-probe.ts'));
  }
  const child = probe;
  return new Promise(resolve => {
    const onEnd = (code: number | null, signal: string | null) =>
      resolve({ failure: `ended: ${code ?? signal}` });
    child.once('exit', onEnd);
    child.once('message', (contents: Contents) => {
      child.off('exit', onEnd);
      resolve(contents);
    });
    child.send(place);
  });
}
