import type { StorageError } from '../errors.ts';

/** What the executor tells of commits and asks about them; see `Checkpointer` in `src/storage/database`. */
export interface DurabilityHook {
  /** Called behind each commit; returns the commit's number. */
  committed(): number;
  /** Calls `done` once a power failure cannot take the commit any more, or with an error when the device refused. */
  whenDurable(commit: number, done: (error?: StorageError) => void): void;
}
