import type { BatchOptions } from '../channel/storage-channel.ts';

/** What a preset decides: how commands are batched, and how many a thread is given before others wait. */
export interface StoragePreset {
  readonly batch: BatchOptions;
  /**
   * Pending commands of a thread from which on calls wait in the client, where priorities decide who goes next; the
   * channel's back-pressure where that is lower.
   */
  readonly window: number;
}

/** The values of `storage.preset`. */
export const storagePresets = {
  /** All calls of a turn of the event loop share a frame; calls wait from the channel's back-pressure on. */
  balanced: { batch: { flush: 'tick', maxCommands: 500, maxDelayMs: 0 }, window: Number.POSITIVE_INFINITY },
  /** All calls of a turn of the event loop share a frame and a commit; threads always have plenty to do. */
  high_throughput: { batch: { flush: 'tick', maxCommands: 2000, maxDelayMs: 0 }, window: 8000 },
  /**
   * Each callback's calls go at once, in frames of their own, and a thread gets little ahead: an urgent call has at most
   * 256 commands before it, whatever waits, for more work per command.
   */
  low_latency: { batch: { flush: 'microtask', maxCommands: 128, maxDelayMs: 0 }, window: 256 },
} as const satisfies Readonly<Record<string, StoragePreset>>;
