import { statfsSync } from 'node:fs';
import { commandErrors, writeFailedLine } from '../commands/command-errors.ts';
import type { StorageErrorCode } from '../errors.ts';

/** Why a transaction could not be written or committed, for its clients and for the report. */
export interface WriteFailure {
  readonly code: Extract<StorageErrorCode, 'disk_full' | 'store_full' | 'write_failed'>;
  /** The error line that its writes are answered with. */
  readonly line: string;
  /** The environment must be opened anew before anything more can be written. */
  readonly isFatal: boolean;
}

/** lmdb's codes: http://www.lmdb.tech/doc/group__errors.html */
const mapFull = -30792;
const transactionFull = -30788;
const panic = -30795;
const noSpace = 28;
const quotaExceeded = 122;
const invalid = 22;
const inputOutput = 5;

/** A device with less room than this is full. */
const leastFreeBytes = 64 * 1024;

/** Sorts an error that lmdb threw for the store in `directory`; undefined: it is none of lmdb's, so a bug. */
export function writeFailureOf(error: unknown, directory: string): WriteFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return undefined;
  // A write that stopped short, as on a full device, is an input/output error to lmdb.
  if (code === noSpace || code === quotaExceeded || (code === inputOutput && isFull(directory))) {
    return { code: 'disk_full', line: commandErrors.diskFull, isFatal: false };
  }
  if (code === mapFull || code === transactionFull) {
    return { code: 'store_full', line: commandErrors.storeFull, isFatal: false };
  }
  // A failed write of a meta page lets lmdb refuse every later transaction; a missing one looks like an invalid argument.
  const isFatal = code === panic || code === invalid;
  return { code: 'write_failed', line: writeFailedLine(error.message), isFatal };
}

function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < leastFreeBytes;
  } catch {
    return false;
  }
}
