import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  type DirectoryLock,
  type DirectoryLockDependencies,
  lockDirectory as lockDirectoryWith,
  lockHolder as lockHolderWith,
} from '../../../../src/storage/database/directory-lock.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { temporaryDirectory } from './store-fixture.ts';

const source = join(import.meta.dirname, '../../../../src');
const module = pathToFileURL(join(source, 'storage/database/directory-lock.ts')).href;
const clockModule = pathToFileURL(join(source, 'clock/system-clock.ts')).href;
const seen: DirectoryLockDependencies = { clock: new ManualClock() };

function lockDirectory(directory: string, dependencies = seen): DirectoryLock {
  return lockDirectoryWith(directory, dependencies);
}

function lockHolder(directory: string, dependencies = seen): number | undefined {
  return lockHolderWith(directory, dependencies);
}

/** What a process in a container of that number has. */
function container(number: number) {
  return { clock: new ManualClock(), pidNamespace: `pid:[${number}]` };
}

/** A process that says whether it got the lock, and then stays. */
function locker(t: TestContext, directory: string): ChildProcess {
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(module)});
    const { systemClock: clock } = await import(${JSON.stringify(clockModule)});
    try { lockDirectory(${JSON.stringify(directory)}, { clock }); console.log('held'); } catch (error) { console.log(error.code); }
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

test('a holder in another PID namespace keeps the lock while it touches it', t => {
  const directory = temporaryDirectory(t);
  const [holder, other] = [container(1), container(2)];
  const lock = lockDirectory(directory, holder);
  for (let second = 0; second < 60; second++) {
    assert.equal(lockHolder(directory, other), process.pid);
    assert.throws(() => lockDirectory(directory, other), {
      code: 'storage_locked',
      details: { pid: process.pid },
      message: /another container or PID namespace.* runs out 10 s after/,
    });
    holder.clock.advance(1000);
    other.clock.advance(1000);
  }
  lock.release();
  assert.equal(lockHolder(directory, other), undefined);
  lockDirectory(directory, other).release();
  assert.deepEqual(readdirSync(directory), []);
});

test('a holder in another PID namespace that touched the lock 10 s ago has lost it', t => {
  const directory = temporaryDirectory(t);
  const [holder, other] = [container(1), container(2)];
  const lost = lockDirectory(directory, holder);
  other.clock.advance(9900);
  assert.throws(() => lockDirectory(directory, other), { code: 'storage_locked' });
  other.clock.advance(100);
  assert.equal(lockHolder(directory, other), undefined);
  const lock = lockDirectory(directory, other);
  const file = join(directory, 'lock');
  const taken = { text: readFileSync(file, 'utf8'), touched: statSync(file).mtimeMs };

  holder.clock.advance(3000);
  lost.release();
  assert.deepEqual({ text: readFileSync(file, 'utf8'), touched: statSync(file).mtimeMs }, taken);
  assert.equal(lockHolder(directory, other), process.pid);
  lock.release();
});

test('the age of a lock does not matter to those that see its holder, nor its freshness once that is gone', t => {
  const directory = temporaryDirectory(t);
  const [holder, neighbour] = [container(1), container(1)];
  const lock = lockDirectory(directory, holder);
  neighbour.clock.advance(3_600_000);
  assert.throws(() => lockDirectory(directory, neighbour), { message: new RegExp(`process ${process.pid}`) });
  lock.release();
  const gone = { pid: 2 ** 22 + 1, startedAt: '1', bootId: '', pidNamespace: 'pid:[1]' };
  writeFileSync(join(directory, 'lock'), JSON.stringify(gone));
  lockDirectory(directory, { ...holder, clock: new ManualClock() }).release();
});

test('a lock of another PID namespace whose time lies far ahead is taken over', t => {
  const directory = temporaryDirectory(t);
  const [holder, other] = [container(1), container(2)];
  holder.clock.jumpWall(3_600_000);
  lockDirectory(directory, holder);
  lockDirectory(directory, other).release();
});

test('whoever keeps the event loop refreshes the lock by hand, and nothing runs on once it is released', t => {
  const directory = temporaryDirectory(t);
  const clock = new ManualClock();
  const file = join(directory, 'lock');
  const lock = lockDirectory(directory, { clock });
  const touched = () => statSync(file).mtimeMs - clock.wallNow();
  assert.equal(touched(), 0);
  clock.jumpWall(1500);
  lock.refresh();
  assert.equal(touched(), -1500, 'it was touched just now');
  clock.advance(1500);
  lock.refresh();
  assert.equal(touched(), 0);
  lock.release();
  assert.equal(clock.pendingCount, 0);
  lock.refresh();
  assert.deepEqual(readdirSync(directory), []);
});

test('a holder whose lock was removed or cannot be read any more goes on and gives back nothing', t => {
  const directory = temporaryDirectory(t);
  const clock = new ManualClock();
  const lock = lockDirectory(directory, { clock });
  rmSync(join(directory, 'lock'));
  clock.advance(2000);
  mkdirSync(join(directory, 'lock'));
  clock.advance(2000);
  lock.release();
  assert.deepEqual(readdirSync(directory), ['lock']);
});
