import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { Checkpointer } from '../../../src/storage/database/checkpoint.ts';
import { lockDirectory } from '../../../src/storage/database/directory-lock.ts';
import { pinSnapshot } from '../../../src/storage/database/pin-snapshot.ts';
import { recover } from '../../../src/storage/database/recover.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';
import { churn, contentOf, openStore, seededRandom } from '../../unit/storage/database/store-fixture.ts';

describe('trunkline storage', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const commands = new TrunklineCommands({ after: end => void ends.push(end) });
  const config = join(commands.folder, 'storage.yaml');
  const directory = join(commands.folder, 'data');
  const kv = join(directory, 'kv');
  writeFileSync(
    config,
    `storage:\n  directory: ${directory}\nchains:\n  test:\n    chain_id: 1\n    block_time: 1s\n    providers:\n      - { id: a, url: 'http://127.0.0.1:1' }\n`,
  );
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const trunkline = (...args: string[]) => commands.ended(['storage', ...args, '--config', config]);

  function openWithCheckpoints() {
    mkdirSync(kv, { recursive: true });
    const outcome = recover(kv);
    const store = openStore(kv);
    const checkpointer = new Checkpointer(
      { directory: kv, intervalMs: 1000 },
      { pin: () => pinSnapshot(store.environment.root), clock: new ManualClock(), onError: assert.ifError },
    );
    const write = (random: (n: number) => number) => {
      churn(store, random, 1);
      checkpointer.committed();
    };
    const close = async () => {
      await checkpointer.close();
      await store.close();
    };
    return { outcome, store, write, close };
  }

  it('says where there is nothing to check', async () => {
    const { code, stderr } = await trunkline('check');
    assert.equal(code, 1);
    assert.match(stderr, /There is no store in .*data \(`storage.directory` of /);
  });

  it('shows what is wrong with the config, or that there is none', async () => {
    const wrong = join(commands.folder, 'wrong.yaml');
    writeFileSync(wrong, readFileSync(config, 'utf8').replace('storage:', 'storage:\n  durabilty: commit'));
    const missing = join(commands.folder, 'missing.yaml');
    for (const args of [['check'], ['backup', join(commands.folder, 'never')]]) {
      const ofWrong = await commands.ended(['storage', ...args, '--config', wrong]);
      assert.equal(ofWrong.code, 1);
      assert.match(ofWrong.stderr, /^error\[config_unknown_key\]: .*`?durabilty/);
      assert.match(ofWrong.stderr, /wrong\.yaml:2:3\n.*durabilty.*wrong\.yaml: 1 error\n$/s);
      const ofMissing = await commands.ended(['storage', ...args, '--config', missing]);
      assert.equal(ofMissing.code, 1);
      assert.match(
        ofMissing.stderr,
        /^error\[config_file_missing\]: .*missing\.yaml\n.*missing\.yaml: 1 error\n$/s,
      );
    }
    assert.ok(!existsSync(join(commands.folder, 'never')));
  });

  it('refuses a backup to nowhere', async () => {
    for (const name of ['', ' ']) {
      const { code, stderr } = await trunkline('backup', name);
      assert.equal(code, 1);
      assert.match(stderr, /^trunkline: The directory for the backup has an empty name/);
    }
  });

  it('checks a store that is closed, and one that is written meanwhile', async () => {
    const { store, close } = openWithCheckpoints();
    churn(store, seededRandom(1), 100);
    await close();
    const { code, stdout, stderr } = await trunkline('check');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^kv: ok \(closed in order\): \d+ keys, /);

    const lock = lockDirectory(directory, { clock: systemClock });
    const live = openWithCheckpoints();
    const random = seededRandom(2);
    const writing = setInterval(() => live.write(random), 5);
    try {
      for (let round = 0; round < 3; round++) {
        const check = await trunkline('check');
        assert.equal(check.code, 0, check.stdout + check.stderr);
        assert.match(check.stdout, /^kv: ok \(in use, as it was a moment ago\)/);
      }
    } finally {
      clearInterval(writing);
      await live.close();
      lock.release();
    }
  });

  it('restores a backup that was made while the store was written', async () => {
    const { store, write, close } = openWithCheckpoints();
    const lock = lockDirectory(directory, { clock: systemClock });
    const random = seededRandom(3);
    const key = Buffer.from('witness');
    const put = (value: string) =>
      store.transaction(() => {
        store.read(key, 0, key.length, 0);
        store.put(key, 0, key.length, Buffer.from(value), 0, value.length, 0);
      });
    put('before');
    const writing = setInterval(() => write(random), 5);
    const target = join(commands.folder, 'backup');
    const backup = await trunkline('backup', target);
    clearInterval(writing);
    assert.equal(backup.code, 0, backup.stdout + backup.stderr);
    assert.match(backup.stdout, /^kv: \d+ keys, .* checked: /);
    put('after');
    await close();
    lock.release();
    const copied = await contentOf(join(cloned(target), 'kv'));

    renameSync(kv, join(commands.folder, 'old'));
    renameSync(join(target, 'kv'), kv);
    const restored = openWithCheckpoints();
    assert.equal(restored.outcome.kind, 'clean');
    assert.equal(restored.store.read(key, 0, key.length, 0), 1);
    const { value, valueStart, valueEnd } = restored.store;
    assert.equal(Buffer.from(value.slice(valueStart, valueEnd)).toString(), 'before');
    await restored.close();
    assert.deepEqual(await contentOf(kv), copied);
  });

  it('backs up a store that is closed, and refuses a directory with something in it', async () => {
    const target = join(commands.folder, 'another');
    const { code, stderr } = await trunkline('backup', target);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(join(target, 'kv')).sort(), ['checkpoint', 'data.mdb']);
    assert.deepEqual(await contentOf(join(cloned(target), 'kv')), await contentOf(kv));
    const again = await trunkline('backup', target);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /is not empty/);
  });

  it('says at once that a backup cannot be made, where the system takes no directory', async t => {
    if (!existsSync('/proc/self')) return t.skip('there is no /proc');
    const { code, stderr } = await trunkline('backup', '/proc/trunkline/backup');
    assert.equal(code, 1);
    assert.match(stderr, /^trunkline: The backup in \/proc\/trunkline\/backup cannot be written: ENOENT/);
  });

  it('exits 1 and says where a store is damaged, and backs up nothing of it', async () => {
    const path = join(kv, 'data.mdb');
    const intact = readFileSync(path);
    const damaged = Buffer.from(intact);
    for (let at = 8192 + 4000; at < damaged.length; at += 4096) damaged[at]! ^= 1;
    writeFileSync(path, damaged);
    const check = await trunkline('check');
    assert.equal(check.code, 1);
    assert.match(check.stdout, /^kv: DAMAGED .*problems in .*kv\n {2}page \d+: /);
    const target = join(commands.folder, 'of-damaged');
    const backup = await trunkline('backup', target);
    assert.equal(backup.code, 1);
    assert.match(backup.stderr, /damaged/);
    assert.deepEqual(readdirSync(target), []);
    writeFileSync(path, intact);
  });

  /** A copy to look at: opening a store leaves traces in its folder. */
  function cloned(from: string): string {
    const to = join(commands.folder, 'clone');
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
    return to;
  }
});
