import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Durability } from '../../src/storage/channel/messages.ts';
import { checkFile } from '../../src/storage/database/file-check.ts';
import { storeFiles } from '../../src/storage/database/store-files.ts';
import { eventually } from '../support/eventually.ts';
import { RunningStorage } from '../support/storage-runtime.ts';

const diskBytes = 24 * 2 ** 20;
const ballastBytes = 10 * 2 ** 20;

/** A file system of a few MiB; `undefined` where this process may not mount any. */
function smallDisk(t: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', directory]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return mounted.status === 0 ? directory : undefined;
}

/** Whether the call succeeds; a full disk is no failure of the test. */
async function succeeds(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'disk_full');
    return false;
  }
}

describe('a full disk', () => {
  for (const durability of ['commit', 'fsync'] as const satisfies readonly Durability[]) {
    it(`fails the writes of a \`${durability}\` store clearly, reads go on, and space mends it`, async t => {
      const disk = smallDisk(t);
      if (disk === undefined) return t.skip('needs the right to mount a tmpfs (root)');
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(ballastBytes));
      const storage = new RunningStorage({ directory: disk, durability });
      t.after(() => storage.stop());
      await storage.start();
      const kv = storage.client.store('kv');

      const acknowledged = new Map<string, string>();
      const set = async (key: string, value: string) => {
        await kv.set(key, value);
        acknowledged.set(key, value);
      };
      const fill = async () => {
        const codes = new Set<string>();
        for (let i = 0; codes.size === 0; i++) {
          const writes = Array.from({ length: 8 }, (_, lane) => set(`${lane}/${i}`, `${i}`.repeat(500 + i)));
          for (const write of await Promise.allSettled(writes)) {
            if (write.status === 'rejected') codes.add((write.reason as { code: string }).code);
          }
        }
        return [...codes];
      };
      const assertAllThere = async () => {
        for (const [key, value] of acknowledged) assert.equal((await kv.get(key))?.toString(), value, key);
      };

      assert.deepEqual(await fill(), ['disk_full']);
      await assertAllThere();
      for (let i = 0; i < 20; i++) {
        await assert.rejects(set('large', 'x'.repeat(4_000_000)), { code: 'disk_full', retryable: true });
      }
      assert.equal(storage.rootStarts, 1);

      rmSync(ballast);
      await set('behind', 'there is space again');
      await assertAllThere();
      assert.deepEqual(await fill(), ['disk_full'], 'full once more');
      await assertAllThere();
      for (const key of [...acknowledged.keys()].filter(name => name.startsWith('1/'))) {
        // Each needs a few pages until what it frees may be written anew, behind the next checkpoint.
        await eventually(() => succeeds(kv.del(key)), `${key} is deleted`);
        acknowledged.delete(key);
      }
      await eventually(() => succeeds(set('again', 'x'.repeat(2000))), 'freed pages are written anew');
      await assertAllThere();
      await storage.stop();
      assert.deepEqual(checkFile(storeFiles(join(disk, 'kv')).data, { depth: 'full' }).problems, []);
    });
  }
});
