import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigWatcher, type ConfigWatcherOptions } from '../../../src/config/config-watcher.ts';
import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import type { ConfigDiff } from '../../../src/config/diff.ts';
import { load } from '../../../src/config/load.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const withPort = (port: number) =>
  `server: { port: ${port} }\nchains: { local: { chain_id: 1, devnet: {} } }\n`;

describe('ConfigWatcher', () => {
  let directory = '';
  let path = '';
  let clock = new ManualClock();
  let watcher: ConfigWatcher | undefined;
  let accepted: { port: number; difference: ConfigDiff }[] = [];
  let rejected: (readonly Diagnostic[])[] = [];
  let warnings: string[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trunkline-watch-'));
    path = join(directory, 'chains.yaml');
    await writeFile(path, withPort(4000));
    [clock, accepted, rejected, warnings] = [new ManualClock(), [], [], []];
  });
  afterEach(async () => {
    await watcher?.stop();
    watcher = undefined;
    await rm(directory, { recursive: true });
  });

  const start = async (options: Partial<ConfigWatcherOptions> = {}, isFresh = true) => {
    const running = options.running ?? (await load(options.path ?? path, {}));
    assert.ok(running.ok);
    watcher = new ConfigWatcher(
      {
        path,
        env: {},
        running,
        onAccepted: (loaded, difference) => {
          accepted.push({ port: loaded.config.server.port, difference });
        },
        onRejected: diagnostics => rejected.push(diagnostics),
        onWarning: message => warnings.push(message),
        ...options,
      },
      { clock },
    );
    await watcher.start();
    if (!isFresh) return watcher;
    clock.advance(1000);
    await watcher.check();
    assert.equal(clock.pendingCount, 0);
    return watcher;
  };

  /** Waits until the change has been seen, then lets the file be quiet for long enough. */
  const settle = async () => {
    await eventually(() => clock.pendingCount > 0, 'the change is seen');
    clock.advance(1000);
    await watcher?.check();
  };

  it('accepts a change once the file has been quiet for a second', async () => {
    await start();
    await writeFile(path, withPort(4001));
    await eventually(() => clock.pendingCount > 0);
    clock.advance(999);
    assert.equal(accepted.length, 0);
    await settle();
    assert.deepEqual(
      accepted.map(({ port }) => port),
      [4001],
    );
    assert.deepEqual(
      accepted[0]!.difference.changes.map(({ path: changed }) => changed),
      ['server.port'],
    );
    assert.equal(watcher!.running.config.server.port, 4001);
  });

  it('leaves the running config and says why when the file is bad, once per content', async () => {
    await start();
    await writeFile(path, 'server: { prot: 1 }\n');
    await settle();
    await watcher!.check();
    assert.equal(rejected.length, 1);
    assert.ok(rejected[0]!.some(({ code }) => code === 'config_unknown_key'));
    assert.equal(accepted.length, 0);
    assert.equal(watcher!.running.config.server.port, 4000);
  });

  it('reports that all is well when a bad change is undone', async () => {
    await start();
    await writeFile(path, 'nonsense');
    await watcher!.check();
    await writeFile(path, withPort(4000));
    await watcher!.check();
    assert.equal(accepted.length, 1);
    assert.equal(accepted[0]!.difference.isEmpty, true);
  });

  it('says nothing when the file is touched without a change', async () => {
    await start();
    await writeFile(path, withPort(4000));
    await settle();
    assert.deepEqual([accepted.length, rejected.length], [0, 0]);
  });

  it('follows an editor that replaces the file, again and again', async () => {
    await start();
    for (const port of [4001, 4002, 4003]) {
      await writeFile(`${path}.new`, withPort(port));
      await rename(`${path}.new`, path);
      await settle();
      assert.equal(watcher!.running.config.server.port, port);
    }
    assert.equal(rejected.length, 0);
  });

  it('rejects a file that is gone, and accepts it when it comes back', async () => {
    await start();
    await unlink(path);
    await settle();
    assert.deepEqual(
      rejected.map(diagnostics => diagnostics.map(({ code }) => code)),
      [['config_file_missing']],
    );
    await writeFile(path, withPort(4005));
    await settle();
    assert.equal(watcher!.running.config.server.port, 4005);
  });

  it('follows a link to a file in another directory', async () => {
    const link = join(directory, 'link.yaml');
    const elsewhere = await mkdtemp(join(tmpdir(), 'trunkline-target-'));
    await writeFile(join(elsewhere, 'real.yaml'), withPort(4000));
    await symlink(join(elsewhere, 'real.yaml'), link);
    await start({ path: link });
    await writeFile(join(elsewhere, 'real.yaml'), withPort(4006));
    await settle();
    assert.equal(watcher!.running.config.server.port, 4006);
    await rm(elsewhere, { recursive: true });
  });

  it('works in a directory that is a link', async () => {
    const link = join(directory, 'linked');
    await mkdir(join(directory, 'real'));
    await symlink(join(directory, 'real'), link);
    await writeFile(join(link, 'chains.yaml'), withPort(4000));
    await start({ path: join(link, 'chains.yaml') });
    await writeFile(join(directory, 'real', 'chains.yaml'), withPort(4007));
    await settle();
    assert.equal(watcher!.running.config.server.port, 4007);
  });

  it('notices that a link in such a directory is replaced by a file', async () => {
    const [real, elsewhere] = [join(directory, 'real'), join(directory, 'elsewhere')];
    await mkdir(real);
    await mkdir(elsewhere);
    await symlink(real, join(directory, 'linked'));
    await writeFile(join(elsewhere, 'target.yaml'), withPort(4000));
    await symlink(join(elsewhere, 'target.yaml'), join(real, 'chains.yaml'));
    await start({ path: join(directory, 'linked', 'chains.yaml') });
    await writeFile(join(real, 'new'), withPort(4010));
    await rename(join(real, 'new'), join(real, 'chains.yaml'));
    await settle();
    assert.equal(watcher!.running.config.server.port, 4010);
  });

  it('follows the turned link of a mounted Kubernetes ConfigMap', async () => {
    for (const [version, port] of [
      ['..1', 4000],
      ['..2', 4009],
    ] as const) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'mounted.yaml'), withPort(port));
      // The same age: only the turned link tells the two apart.
      await utimes(join(directory, version, 'mounted.yaml'), 1_700_000_000, 1_700_000_000);
    }
    await symlink('..1', join(directory, '..data'));
    const mounted = join(directory, 'mounted.yaml');
    await symlink(join('..data', 'mounted.yaml'), mounted);
    await start({ path: mounted });
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await settle();
    assert.equal(watcher!.running.config.server.port, 4009);
  });

  it('notices a change that was made before it started to watch', async () => {
    const running = await load(path, {});
    assert.ok(running.ok);
    await writeFile(path, withPort(4008));
    await start({ running }, false);
    await settle();
    assert.equal(watcher!.running.config.server.port, 4008);
  });

  it('keeps the previous good config as a backup that only the owner can read', async () => {
    await start();
    await writeFile(path, 'nonsense');
    await watcher!.check();
    await writeFile(path, withPort(4001));
    await watcher!.check();
    const backup = join(directory, 'chains.backup.yaml');
    assert.equal(await readFile(backup, 'utf8'), withPort(4000));
    assert.equal((await stat(backup)).mode & 0o777, 0o600);
    await writeFile(path, withPort(4002));
    await watcher!.check();
    assert.equal(await readFile(backup, 'utf8'), withPort(4001));
  });

  it('keeps no backup when told so', async () => {
    await start({ keepBackup: false });
    await writeFile(path, withPort(4001));
    await watcher!.check();
    await assert.rejects(stat(join(directory, 'chains.backup.yaml')), { code: 'ENOENT' });
  });

  it('only warns when the backup cannot be written', async () => {
    await start();
    await writeFile(path, withPort(4001));
    // A directory under the backup's name: no rename can replace it, whoever runs the test.
    await mkdir(join(directory, 'chains.backup.yaml', 'x'), { recursive: true });
    await watcher!.check();
    assert.equal(watcher!.running.config.server.port, 4001);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /backup/);
  });

  it('keeps the running config when the new one cannot be taken over', async () => {
    await start({
      onAccepted: () => {
        throw new Error('no room');
      },
    });
    await writeFile(path, withPort(4001));
    await watcher!.check();
    assert.deepEqual(
      rejected.flat().map(({ code }) => code),
      ['config_apply_failed'],
    );
    assert.match(rejected[0]![0]!.message, /no room/);
    assert.equal(watcher!.running.config.server.port, 4000);
    await assert.rejects(stat(join(directory, 'chains.backup.yaml')), { code: 'ENOENT' });
  });

  it('takes changes one after another while one is being applied', async () => {
    let release = () => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    const order: string[] = [];
    await start({
      onAccepted: async loaded => {
        order.push(`start ${loaded.config.server.port}`);
        await gate;
        order.push(`end ${loaded.config.server.port}`);
      },
    });
    await writeFile(path, withPort(4001));
    const first = watcher!.check();
    await eventually(() => order.length === 1);
    await writeFile(path, withPort(4002));
    const second = watcher!.check();
    release();
    await Promise.all([first, second]);
    assert.deepEqual(order, ['start 4001', 'end 4001', 'start 4002', 'end 4002']);
  });

  it('calls nobody back after it has stopped', async () => {
    await start();
    await writeFile(path, withPort(4001));
    await eventually(() => clock.pendingCount > 0);
    await watcher!.stop();
    clock.advance(10_000);
    await watcher!.check();
    assert.equal(clock.pendingCount, 0);
    assert.equal(accepted.length, 0);
  });
});
