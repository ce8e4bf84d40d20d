import type { FeedEvent } from '../events/feed-event.ts';

/** How much one read returns at most; the first event is returned whatever its size. */
export interface ReadLimits {
  readonly maxEvents: number;
  /** Bytes of data and topics. */
  readonly maxBytes: number;
}

/** The log as those see it who read it. */
export interface EventSource {
  /** Names this history; another epoch means that the one before was lost. */
  readonly epoch: string;
  /** The offset of the first event that is kept; `head + 1` when there is none. */
  readonly earliest: number;
  /** The offset of the last event that was committed and handed to `onCommitted`; 0: none yet. */
  readonly head: number;
  /** Bytes of the history on disk (or in memory, where there is no storage). */
  readonly bytes: number;
  /** Calls `listener` with the events in order, each once, after they are committed; returns a way to stop. */
  onCommitted(listener: (events: readonly FeedEvent[]) => void): () => void;
  /**
   * The events from `offset` on that are still in memory, up to `head`; `undefined`: those are not in memory any more,
   * `read` has them. `offset` is at most `head + 1`; then it is an empty list.
   */
  recent(offset: number, limits: ReadLimits): readonly FeedEvent[] | undefined;
  /**
   * The events from `offset` on, up to `head` as it is when they are read.
   * @throws TrunklineError `events_expired` when `offset` is below `earliest` by then
   */
  read(offset: number, limits: ReadLimits): Promise<readonly FeedEvent[]>;
  /** The offset of the `head` event of the canonical block of that number; undefined: not in the log. */
  offsetOfBlock(chain: string, number: number): Promise<number | undefined>;
  /** The offset of the first event that is not older than `time` (wall clock, milliseconds); `head + 1`: all are older. */
  offsetAtTime(time: number): Promise<number>;
}
