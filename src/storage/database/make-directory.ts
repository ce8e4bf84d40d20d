import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing; one that is there is left as it is.
 *
 * Node's own `recursive` never returns where a directory cannot be made although the one above it is there, as in
 * `/proc`: it goes back to the one above for as long as the answer is ENOENT.
 *
 * @throws the system's error, such as ENOENT, EACCES, EROFS, ENOTDIR, and EEXIST when it is a file
 */
export function makeDirectory(directory: string): void {
  if (madeOrThere(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirIfMissing(directory);
}

/** `false`: the directory above is missing, or says so. */
function madeOrThere(directory: string): boolean {
  try {
    mkdirIfMissing(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function mkdirIfMissing(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    // Systems differ in what they answer for one that is there: EEXIST, or EISDIR, EPERM, EROFS for a root.
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
