/** A client's connection, as deliveries see it: bytes go in, and it tells how much of them waits. */
export interface FeedSink {
  /** Writes complete frames; called at most once a connection and turn of the event loop while it keeps up. */
  write(frames: readonly Buffer[]): void;
  /** Bytes that the client has not read yet. */
  readonly bufferedBytes: number;
  /** Calls `listener` once when nothing waits any more; a later call replaces the earlier one. */
  onDrained(listener: () => void): void;
  /** Ends the connection because the client reads too slowly; `cursor` is where it can go on. */
  closeSlow(cursor: string): void;
}
