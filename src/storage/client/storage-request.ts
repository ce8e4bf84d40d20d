import type { StorageError } from '../errors.ts';

/** Which calls go first when more wait than the channel takes. */
export type StoragePriority = 'high' | 'normal' | 'low';

/**
 * A client's connection or another origin of ordered calls: they run in the order in which they were submitted, and
 * replies come in it; errors may come before. All its calls have one priority: a more urgent one would overtake.
 */
export interface StorageSession {
  /** Calls of this session that are not answered yet; kept by the `StorageClient`. */
  inFlight: number;
  /** The lane that they took; kept by the `StorageClient`. */
  lane: unknown;
}

/**
 * One unit of work for the storage runtime: commands that run one after the other, answered together. Exactly one of
 * `onReply` and `onError` is called, once.
 */
export interface StorageRequest {
  /** Index of the store in the runtime's list. */
  readonly store: number;
  /** The commands, packed one behind the other (see `packed-commands.ts`). */
  readonly commands: Buffer;
  /** How many commands `commands` holds. */
  readonly count: number;
  /** `read` when no command of it writes. */
  readonly access: 'read' | 'write';
  /** Whether running it twice does no harm and gives the same replies. */
  readonly isRepeatable: boolean;
  /** All or nothing: one command that is answered with an error undoes the ones before it. */
  readonly isAtomic: boolean;
  /** The RESP version that the replies are written in. */
  readonly protocol: 2 | 3;
  readonly priority: StoragePriority;
  /** Milliseconds from submission to answer, waits and retries included. @default the client's time-out */
  readonly timeoutMs?: number;
  readonly session?: StorageSession;
  /** `reply`: `count` RESP replies, one behind the other. */
  onReply(reply: Buffer): void;
  onError(error: StorageError): void;
}
