import type { Durability } from '../channel/messages.ts';
import type { PriorityOptions } from './priority-queue.ts';
import type { RetryOptions } from './retry-delay.ts';
import type { StoragePriority } from './storage-request.ts';

/** How calls wait for a runtime that restarts. */
export interface RestartQueueOptions {
  /** Calls that may wait; calls that were accepted before the runtime went down come on top. @default 1000 */
  readonly maxCalls: number;
  /** Milliseconds that each may wait. @default 60000 */
  readonly maxWaitMs: number;
}

export interface StorageClientOptions {
  /** The stores, in the order of the runtime's list. */
  readonly stores: readonly { readonly name: string; readonly durability: Durability }[];
  /** Milliseconds from submission to answer where the call does not say. @default 30000 */
  readonly timeoutMs: number;
  /** Commands that one call may hold: the channel's capacity. @default 10000 */
  readonly maxCommands: number;
  /** Bytes of commands that may wait for one thread; a larger call waits alone. @default 134217728 */
  readonly maxQueuedBytes?: number;
  /** Milliseconds that a call waits for room before it is refused with `overloaded`. @default 100 */
  readonly backpressureWaitMs: number;
  readonly retry: RetryOptions;
  readonly restartQueue: RestartQueueOptions;
  /** @default weights 3, 2, 1 */
  readonly priorities: Readonly<Record<StoragePriority, PriorityOptions>>;
}

/** The defaults of all but the stores. */
export const clientDefaults = {
  timeoutMs: 30_000,
  maxCommands: 10_000,
  maxQueuedBytes: 2 ** 27,
  backpressureWaitMs: 100,
  retry: { attempts: 3, minDelayMs: 10, maxDelayMs: 1000, jitter: 0.2, maxWaiting: 1000 },
  restartQueue: { maxCalls: 1000, maxWaitMs: 60_000 },
  priorities: {
    high: { weight: 3, cap: 10_000 },
    normal: { weight: 2, cap: 10_000 },
    low: { weight: 1, cap: 10_000 },
  },
} as const satisfies Omit<StorageClientOptions, 'stores'>;
