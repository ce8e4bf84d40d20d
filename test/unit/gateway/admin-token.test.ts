import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AdminTokenFile, newAdminToken } from '../../../src/gateway/admin-token.ts';

describe('AdminTokenFile', () => {
  let folder: string;
  let file: AdminTokenFile;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-token-'));
    file = new AdminTokenFile(4000, { XDG_RUNTIME_DIR: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the token of a port to the same user alone', () => {
    file.write('abc');
    assert.equal(new AdminTokenFile(4000, { XDG_RUNTIME_DIR: folder }).read(), 'abc');
    assert.equal(new AdminTokenFile(4001, { XDG_RUNTIME_DIR: folder }).read(), undefined);
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
    assert.equal(statSync(join(file.path, '..')).mode & 0o777, 0o700);
  });

  it('is gone once removed, and may be removed again', () => {
    file.write('abc');
    file.remove();
    file.remove();
    assert.equal(file.read(), undefined);
  });

  it('takes the place of what an earlier Trunkline left, with its own permissions', () => {
    file.write('old');
    chmodSync(file.path, 0o644);
    file.write('new');
    assert.equal(file.read(), 'new');
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
  });

  it('does not write through a link that somebody laid', () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    mkdirSync(join(file.path, '..'), { mode: 0o700 });
    symlinkSync(victim, file.path);
    file.write('abc');
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(file.read(), 'abc');
  });

  it('does not write into a folder that others can change', () => {
    mkdirSync(join(file.path, '..'));
    chmodSync(join(file.path, '..'), 0o777);
    assert.throws(() => file.write('abc'), /can be changed by other users/);
    assert.equal(existsSync(file.path), false);
  });

  it('lies in a folder of the user below the temporary one when there is no runtime folder', () => {
    for (const env of [{}, { XDG_RUNTIME_DIR: '' }]) {
      assert.ok(new AdminTokenFile(4000, env).path.startsWith(join(tmpdir(), 'trunkline-')));
    }
  });
});

describe('newAdminToken', () => {
  it('is another one each time, long enough and fit for a header', () => {
    assert.notEqual(newAdminToken(), newAdminToken());
    assert.match(newAdminToken(), /^[\w-]{43}$/);
  });
});
