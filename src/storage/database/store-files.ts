import { join } from 'node:path';

/** The files of one store, all in the store's own directory. */
export interface StoreFiles {
  /** The database itself. */
  readonly data: string;
  /** Two slots that say which state of `data` is on the device for certain. */
  readonly checkpoint: string;
}

/** Where the files of the store in `directory` lie. `lock.mdb` beside them is lmdb's own. */
export function storeFiles(directory: string): StoreFiles {
  return { data: join(directory, 'data.mdb'), checkpoint: join(directory, 'checkpoint') };
}
