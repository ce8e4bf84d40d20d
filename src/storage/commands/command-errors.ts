import type { StorageErrorCode } from '../errors.ts';

/** Error lines that say why the store, not the command, refused; a typed call finds its code by them. */
export const commandErrors = {
  diskFull:
    'MISCONF Errors writing to the database: No space left on device. Commands that may modify the data set are disabled until there is space.',
  storeFull: "OOM command not allowed when used memory > 'maxmemory'.",
  corruptRecord: 'CORRUPT The stored value does not match its checksum; the database file was damaged.',
  unexpectedValue: 'UNEXPECTED The key does not have one of the values that are expected.',
} as const;

const writeFailedPrefix = 'MISCONF Errors writing to the database: ';

/** The error line of a commit that failed for another reason than a full disk. */
export function writeFailedLine(reason: string): string {
  return writeFailedPrefix + reason;
}

/** The code that a typed call fails with after it was answered with this error line. */
export function storageErrorCodeOf(line: string): StorageErrorCode {
  if (line === commandErrors.diskFull) return 'disk_full';
  if (line === commandErrors.storeFull) return 'store_full';
  if (line.startsWith(writeFailedPrefix)) return 'write_failed';
  if (line === commandErrors.unexpectedValue) return 'unexpected_value';
  return line.startsWith('CORRUPT ') ? 'corrupt_record' : 'command_refused';
}
