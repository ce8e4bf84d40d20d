import type { RootDatabase } from 'lmdb';

/** A read transaction that keeps the pages of its state from being written anew. */
export interface PinnedSnapshot {
  release(): void;
}

/**
 * Pins the state of the last commit. Called on the thread that commits, outside of a transaction.
 * LMDB writes no page that a read transaction may still see (`mdb_find_oldest` in mdb.c).
 */
export function pinSnapshot(root: RootDatabase): PinnedSnapshot {
  // Another process that was killed while it read, such as a backup, would keep its pages for ever.
  root.readerCheck();
  // A read transaction left over from earlier in this turn would pin an older state for longer than needed.
  root.resetReadTxn();
  const transaction = root.useReadTransaction();
  // Later reads get a transaction of their own, so this one stays on its state.
  root.resetReadTxn();
  return { release: () => transaction.done() };
}
