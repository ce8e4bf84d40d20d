import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { load } from '../../../src/config/load.ts';
import { smallest } from './sample-config.ts';

describe('load', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trunkline-load-'));
  });
  after(() => rm(directory, { recursive: true }));

  const refused = async (path: string) => {
    const result = await load(path, {});
    assert.ok(!result.ok);
    assert.equal(result.diagnostics.length, 1);
    assert.deepEqual([result.diagnostics[0]!.line, result.diagnostics[0]!.file], [0, path]);
    return result.diagnostics[0]!;
  };

  it('reads a file, a byte order mark and Windows line ends included', async () => {
    const path = join(directory, 'windows.yaml');
    await writeFile(path, `\ufeffserver:\r\n  port: 4002\r\n${smallest}\r\n`);
    const result = await load(path, {});
    assert.ok(result.ok);
    assert.equal(result.config.server.port, 4002);
  });

  it('says when there is no file', async () => {
    assert.equal((await refused(join(directory, 'none.yaml'))).code, 'config_file_missing');
    assert.equal((await refused(join(directory, 'none', 'none.yaml'))).code, 'config_file_missing');
  });

  it('says when it is a directory, a pipe or a device', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    for (const path of [directory, pipe, '/dev/zero'])
      assert.equal((await refused(path)).code, 'config_file_unreadable', path);
  });

  it('says when it is too large or not UTF-8', async () => {
    const large = join(directory, 'large.yaml');
    await writeFile(large, '#'.repeat(2 ** 20 + 1));
    assert.equal((await refused(large)).code, 'config_too_large');
    const latin = join(directory, 'latin.yaml');
    await writeFile(latin, Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    assert.match((await refused(latin)).message, /not UTF-8/);
  });
});
