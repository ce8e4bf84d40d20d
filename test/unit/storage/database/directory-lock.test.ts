import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { lockDirectory, lockHolder } from '../../../../src/storage/database/directory-lock.ts';
import { temporaryDirectory } from './store-fixture.ts';

const module = pathToFileURL(
  join(import.meta.dirname, '../../../../src/storage/database/directory-lock.ts'),
).href;

/** A process that says whether it got the lock, and then stays. */
function locker(t: TestContext, directory: string): ChildProcess {
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(module)});
    try { lockDirectory(${JSON.stringify(directory)}); console.log('held'); } catch (error) { console.log(error.code); }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function answer(child: ChildProcess): Promise<string> {
  const [data] = await once(child.stdout!, 'data');
  return String(data).trim();
}

test('a directory is made, held by one process, and free again once it is released', t => {
  const directory = join(temporaryDirectory(t), 'deep', 'storage');
  const lock = lockDirectory(directory);
  assert.equal(lockHolder(directory), process.pid);
  assert.throws(() => lockDirectory(directory), {
    code: 'storage_locked',
    details: { pid: process.pid },
    message: new RegExp(`process ${process.pid}`),
  });
  lock.release();
  lock.release();
  assert.equal(lockHolder(directory), undefined);
  assert.deepEqual(readdirSync(directory), []);
  lockDirectory(directory).release();
});

test('the lock of a killed process is taken over, that of a running one is not', async t => {
  const directory = temporaryDirectory(t);
  const holder = locker(t, directory);
  assert.equal(await answer(holder), 'held');
  assert.throws(() => lockDirectory(directory), { code: 'storage_locked', details: { pid: holder.pid } });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = lockDirectory(directory);
  assert.equal(lockHolder(directory), process.pid);
  lock.release();
});

test('the number of a process that began later, or in another run of the system, holds nothing', t => {
  const directory = temporaryDirectory(t);
  lockDirectory(directory);
  const path = join(directory, 'lock');
  const holder = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  for (const change of [{ startedAt: '1' }, { bootId: 'another' }]) {
    if (process.platform !== 'linux') return t.skip('only Linux says when a process started');
    writeFileSync(path, JSON.stringify({ ...holder, ...change }));
    lockDirectory(directory).release();
  }
});

test('a lock that a power failure left empty is taken over', t => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'lock'), '');
  lockDirectory(directory).release();
});

test('of processes that find a stale lock at once, one gets it', async t => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', bootId: '' }));
  const answers = await Promise.all(Array.from({ length: 6 }, () => answer(locker(t, directory))));
  assert.deepEqual(answers.sort(), ['held', ...Array(5).fill('storage_locked')]);
});

test('a directory that cannot be made is a storage_directory error', t => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => lockDirectory(join(directory, 'file', 'storage')), { code: 'storage_directory' });
  mkdirSync(join(directory, 'blocked', 'lock'), { recursive: true });
  assert.throws(() => lockDirectory(join(directory, 'blocked')), { code: 'storage_directory' });
});
