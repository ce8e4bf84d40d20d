import { rmSync, statSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { pinSnapshot } from './pin-snapshot.ts';
import type { SnapshotAnswer, SnapshotRequest } from './snapshot-messages.ts';
import { storeFiles } from './store-files.ts';

/**
 * A process of its own that opens a store to read it, beside the one that writes it or alone: lmdb coordinates
 * processes through the store's lock file, and a damaged page takes down no more than this process.
 */
async function main(request: SnapshotRequest): Promise<void> {
  const root = openToRead(request.directory);
  if (request.target === undefined) {
    const snapshot = pinSnapshot(root);
    // The one who asked is done, or gone. A reader that ends without giving back its slot would keep the pages for ever.
    process.once('disconnect', () => {
      snapshot.release();
      void root.close().then(() => process.exit());
    });
    answer({ type: 'held' });
    return;
  }
  await copy(root, request.target);
  await root.close();
  answer({ type: 'copied' });
  process.disconnect?.();
}

/** Without the free pages, which may be most of a file; lmdb refuses that for one that has lost pages. */
async function copy(root: RootDatabase, target: string): Promise<void> {
  try {
    await root.backup(target, true);
  } catch {
    rmSync(storeFiles(target).data, { force: true });
    await root.backup(target, false);
  }
}

function openToRead(directory: string): RootDatabase {
  return open({
    path: directory,
    noSubdir: false,
    readOnly: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
    maxDbs: 4,
    // Address space only; the store may grow until the transaction begins.
    mapSize: Math.ceil(statSync(storeFiles(directory).data).size / 2 ** 30 + 1) * 2 ** 30,
  });
}

function answer(message: SnapshotAnswer): void {
  process.send?.(message);
}

main(JSON.parse(process.argv[2] ?? '{}') as SnapshotRequest).catch((error: unknown) => {
  answer({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
});
