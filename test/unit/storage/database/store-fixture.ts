import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { open } from 'lmdb';
import { Store } from '../../../../src/storage/worker/store.ts';

/** A directory that goes with the test. */
export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens the store of a directory, which is made when missing. */
export function openStore(directory: string): Store {
  mkdirSync(directory, { recursive: true });
  return new Store({ name: 'kv', directory, durability: 'commit', maxBytes: 256 * 1024 * 1024 });
}

/** Numbers from 0 to below `n`, the same ones for the same seed. */
export function seededRandom(seed: number): (n: number) => number {
  let state = seed;
  return n => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_00_00_00_00) * n);
  };
}

/** Transactions of writes, deletions and expiries over `keys` keys; values of many sizes, some with pages of their own. */
export function churn(store: Store, random: (n: number) => number, transactions: number, keys = 3000): void {
  for (let round = 0; round < transactions; round++) {
    store.transaction(() => {
      for (let i = random(120); i >= 0; i--) {
        const key = Buffer.from(`key:${random(keys)}:${'x'.repeat(random(20))}`);
        const action = random(10);
        store.read(key, 0, key.length, 0);
        if (action < 4) store.remove(key, 0, key.length);
        else {
          const value = Buffer.alloc(random(40) === 0 ? random(20_000) : random(300), random(256));
          const expiry = action === 4 ? 4e12 + random(1e9) : 0;
          store.put(key, 0, key.length, value, 0, value.length, expiry);
        }
      }
    });
  }
}

/** Every entry of the two trees of a store's file, as lmdb reads it. */
export async function contentOf(directory: string): Promise<Map<string, string>> {
  const options = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const;
  const root = open({
    ...options,
    path: directory,
    noSubdir: false,
    noSync: true,
    maxDbs: 4,
    mapSize: 2 ** 29,
  });
  const content = new Map<string, string>();
  for (const name of ['data', 'expiries']) {
    const tree = root.openDB<Buffer, Buffer>({ ...options, name });
    for (const { key, value } of tree.getRange()) {
      content.set(`${name} ${key.toString('latin1')}`, value.toString('latin1'));
    }
  }
  await root.close();
  return content;
}
