import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backupPath, writeBackup } from '../../../src/config/config-backup.ts';

describe('writeBackup', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trunkline-backup-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('writes beside the config, and leaves nothing else behind', async () => {
    const path = join(directory, 'my.chains.yml');
    assert.equal(backupPath(path), join(directory, 'my.chains.backup.yml'));
    await writeBackup(path, 'old');
    assert.deepEqual(await readdir(directory), ['my.chains.backup.yml']);
  });

  it('replaces a link under its name instead of writing through it', async () => {
    const path = join(directory, 'linked.yaml');
    const victim = join(directory, 'victim');
    await writeFile(victim, 'untouched', { mode: 0o644 });
    await symlink(victim, backupPath(path));
    await writeBackup(path, 'secret');
    assert.equal(await readFile(victim, 'utf8'), 'untouched');
    assert.equal((await stat(backupPath(path))).mode & 0o777, 0o600);
  });

  it('fails when the directory cannot be written, and says how', async () => {
    await assert.rejects(writeBackup(join(directory, 'none', 'a.yaml'), 'x'), { code: 'ENOENT' });
  });
});
