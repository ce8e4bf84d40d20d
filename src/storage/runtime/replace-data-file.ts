import { constants, copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storeFiles } from '../database/store-files.ts';

/**
 * Gives the store in `directory` a data file of its own again, equal to the old one, and no lock file. For a store whose
 * writer died in the middle of a transaction: lmdb knows an open file by its inode and waits for ever for the lock that
 * the dead thread holds. What was committed is in the file; what was not is in no page that a commit refers to.
 *
 * @throws the system's error, such as `ENOSPC`; the old file is in place then
 */
export async function replaceDataFile(directory: string): Promise<void> {
  const { data } = storeFiles(directory);
  const copy = `${data}.copy`;
  try {
    await copyFile(data, copy, constants.COPYFILE_FICLONE);
    // A checkpoint vouches for the pages of the file at this path: they have to be on the device before it is there.
    await flush(copy);
    await rename(copy, data);
  } catch (error) {
    await rm(copy, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(join(directory, 'lock.mdb'), { force: true });
  await flush(dirname(data));
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
