import { ReplyWriter } from '../protocol/resp/reply-writer.ts';
import type { StorageError, StorageErrorCode } from '../storage/errors.ts';

/**
 * What a command is answered with when the storage runtime did not answer it. Clients try again by themselves after
 * `LOADING` and `TRYAGAIN`, so these stand where nothing was applied; where something may have been, it is `ERR`.
 */
const lines: Readonly<Partial<Record<StorageErrorCode, string>>> = {
  storage_overloaded: 'TRYAGAIN Too many commands wait for the storage, try again later',
  storage_unavailable: 'LOADING Redis is loading the dataset in memory',
  storage_breaker_open: 'LOADING Redis is loading the dataset in memory',
  storage_timeout: 'ERR The storage did not answer in time',
  storage_outcome_unknown: 'ERR The storage ended meanwhile',
  storage_stopped: 'ERR The server is shutting down',
  injected_fault: 'ERR An injected fault',
  disk_full:
    'MISCONF Errors writing to the database: No space left on device. Commands that may modify the data set are disabled until there is space.',
  store_full: "OOM command not allowed when used memory > 'maxmemory'.",
  write_failed: 'MISCONF Errors writing to the database',
  corrupt_record: 'CORRUPT The checksum of a stored value does not match its bytes',
};

/** Those after which a write may be there all the same. */
const uncertain: ReadonlySet<StorageErrorCode> = new Set(['storage_timeout', 'storage_outcome_unknown']);

/** What failed: so many commands, and whether one of them may write. */
export interface FailedRequest {
  readonly count: number;
  readonly access: 'read' | 'write';
}

/** Error replies, one for each command of a request that failed as a whole. */
export function failureReplies(error: StorageError, { count, access }: FailedRequest): Buffer {
  const writer = new ReplyWriter(256);
  const line = lineOf(error, access);
  for (let i = 0; i < count; i++) writer.error(line);
  return writer.take();
}

function lineOf({ code, message }: StorageError, access: FailedRequest['access']): string {
  if (code === 'command_refused') return message;
  const line = lines[code] ?? `ERR ${code}`;
  return access === 'write' && uncertain.has(code)
    ? `${line}; a write may or may not have been applied`
    : line;
}
